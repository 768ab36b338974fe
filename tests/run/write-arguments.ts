import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { withArguments } from './argument-table.ts'

const path = join(import.meta.dirname, '../../docs/arguments.md')
const options = { ...(await resolveConfig(path)), filepath: path }
writeFileSync(path, await format(withArguments(readFileSync(path, 'utf8')), options))
