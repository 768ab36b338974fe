#!/usr/bin/env node
// The one file that is not TypeScript: it teaches Node 20 to read the rest, then hands over.
import module from 'node:module'
import { register } from 'tsx/esm/api'

// From Node 22.8 on, what V8 has compiled is kept: the engine is imported a sixth sooner.
module.enableCompileCache?.()
register()
await import('./cli.ts')
