import { redact } from '../../diagnosis/redact.ts'
import { parseEvent } from '../../run/read-event.ts'

/** Events in whose texts a program's output may stand; the others hold numbers and names of the dataset. */
const MAY_QUOTE: ReadonlySet<string> = new Set(['failed', 'warning', 'phase', 'executor', 'unknown'])

/**
 * A line of events.jsonl as it is stored: secrets in its texts are taken out, since what is stored is shown, sent and
 * backed up. Each text is looked at by itself: in JSON the `n` of a line end touches what follows it.
 */
export function safeLine(line: string): string {
  const event = parseEvent(line)
  if (!event || !MAY_QUOTE.has(event.type)) return line
  return JSON.stringify(JSON.parse(line), (_key, value: unknown) => (typeof value === 'string' ? redact(value) : value))
}
