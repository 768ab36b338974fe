import type { Path } from '../components.ts'
import { DiscordFailure } from '../failure.ts'

export interface Fault {
  path: Path
  code: string
  message: string
}

/** 50035 with every fault at its place in the body, in the nested shape that discord.js flattens. */
export function invalidForm(faults: readonly Fault[]): DiscordFailure {
  const root: Record<string, unknown> = {}
  for (const { path, code, message } of faults) {
    let at = root
    for (const key of path) at = (at[String(key)] ??= {}) as Record<string, unknown>
    const errors = (at['_errors'] ??= []) as unknown[]
    errors.push({ code, message })
  }
  return new DiscordFailure(400, 50035, 'Invalid Form Body', root)
}

export function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw invalidForm(faults)
}
