#!/usr/bin/env node
// The one file that is not TypeScript: it teaches Node 20 to read the rest, then hands over.
import { register } from 'tsx/esm/api'

register()
await import('./cli.ts')
