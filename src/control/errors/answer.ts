import { createHash } from 'node:crypto'
import { countFailures, listObjections, recordAnswer } from '../../../storage/answers.ts'
import type { Database } from '../../../storage/database.ts'
import { listTried } from '../../../storage/fixes.ts'
import { listTaught } from '../../../storage/taught.ts'
import { type Answered, NEVER_SEEN, type Seen } from '../../diagnosis/answered.ts'
import { explain, type Explanation, firstCause } from '../../diagnosis/explain.ts'
import type { RunFacts } from '../../diagnosis/facts.ts'
import { type Fix, kindOfFix } from '../../diagnosis/fix.ts'
import { redact } from '../../diagnosis/redact.ts'
import { explainTaught } from '../../diagnosis/taught.ts'

/** The cause of an error text on a server: from the catalogue, else from what the server has taught. */
export function explainHere(
  database: Database,
  { guild_id, text, facts = {} }: { guild_id: string; text: string; facts?: RunFacts },
): Explanation | null {
  return explain({ text, facts }) ?? explainTaught({ text, taught: listTaught(database, guild_id) })
}

/**
 * Explains an error text of a server and writes the answer down: of the text, which may hold secrets, only its hash and
 * one redacted line are kept. Fixes that worked here before come first.
 */
export function answerText(
  database: Database,
  {
    guild_id,
    text,
    facts = {},
    run_id = null,
    asked_by,
  }: { guild_id: string; text: string; facts?: RunFacts; run_id?: number | null; asked_by: string },
): Answered {
  const explanation = explainHere(database, { guild_id, text, facts })
  const first = explanation ? null : firstCause(text)
  const code = explanation?.code ?? null
  const text_hash = createHash('sha256').update(redact(text)).digest('hex')
  const line = explanation?.evidence ?? first?.message ?? ''
  const id = recordAnswer(database, { guild_id, run_id, text_hash, code, line, asked_by })
  const seen = seenHere(database, { guild_id, text_hash, code })
  return { id, explanation: explanation && provenFirst(explanation, seen), first, seen }
}

function seenHere(
  database: Database,
  { guild_id, text_hash, code }: { guild_id: string; text_hash: string; code: string | null },
): Seen {
  const objections = listObjections(database, { guild_id, text_hash, code })
  if (code === null) return { ...NEVER_SEEN, objections }
  return {
    failures: countFailures(database, { guild_id, code }),
    tried: listTried(database, { guild_id, code }),
    objections,
  }
}

/** What worked here comes before what should work; the rest keeps its order, from the least to the most disruptive. */
function provenFirst(explanation: Explanation, { tried }: Seen): Explanation {
  const times = (fix: Fix) => (fix.change ? (tried.find((each) => each.fix === kindOfFix(fix))?.worked.length ?? 0) : 0)
  return { ...explanation, fixes: explanation.fixes.toSorted((a, b) => times(b) - times(a)) }
}
