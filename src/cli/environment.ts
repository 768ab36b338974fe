import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'

/** The environment with what `.env` in the working folder adds; a variable that is set already wins. */
export function environment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) loadEnvFile('.env')
  return process.env
}
