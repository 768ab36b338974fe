import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { withCodes } from './codes.ts'

const path = join(import.meta.dirname, '../../docs/errors.md')
writeFileSync(
  path,
  await format(withCodes(readFileSync(path, 'utf8')), { ...(await resolveConfig(path)), filepath: path }),
)
