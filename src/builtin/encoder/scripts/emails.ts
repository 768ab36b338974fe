// Writes the cleaned e-mails for the pretraining scripts, one JSON object a line:
//   node --import tsx src/builtin/encoder/scripts/emails.ts > RAW/emails.jsonl
import { cleanEmails } from '../../emails/clean.ts'

for await (const row of cleanEmails({})) {
  process.stdout.write(`${JSON.stringify({ ...row, label: row.label === 'spam' ? 1 : 0 })}\n`)
}
