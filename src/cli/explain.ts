import { text } from 'node:stream/consumers'
import { explain, firstCause } from '../diagnosis/explain.ts'
import { explainLines } from '../diagnosis/jsonl.ts'

/**
 * Explains what comes on stdin. Answers the exit code: 0 when the cause is known (always for `jsonl`), 1 when it is not.
 */
export async function explainInput({
  form,
  input = process.stdin,
  output = process.stdout,
}: {
  form: 'text' | 'json' | 'jsonl'
  input?: NodeJS.ReadStream | NodeJS.ReadableStream
  output?: NodeJS.WritableStream
}): Promise<number> {
  if (form === 'jsonl') {
    for await (const answer of explainLines(input)) output.write(`${answer}\n`)
    return 0
  }
  if ('isTTY' in input && input.isTTY) {
    process.stderr.write('Paste the error text, then press Ctrl-D on a line of its own.\n')
  }
  const given = await text(input as NodeJS.ReadStream)
  const explanation = explain({ text: given })
  if (form === 'json') {
    output.write(`${JSON.stringify(explanation ?? { code: null, first: firstCause(given) })}\n`)
  } else if (explanation) {
    const fixes = explanation.fixes.map(
      (fix, index) => `  fix ${index + 1}     ${fix.label}${fix.command ? `\n            ${fix.command}` : ''}`,
    )
    output.write(
      [
        `${explanation.title}  (${explanation.code})`,
        `  evidence  ${explanation.evidence}`,
        `  why       ${explanation.why}`,
        ...fixes,
        '',
      ].join('\n'),
    )
  } else {
    const first = firstCause(given)
    output.write(
      first
        ? `The cause is not known.\n  first error  ${first.message}\n${first.frame === null ? '' : `  in           ${first.frame}\n`}`
        : 'No error was found in this text. Paste the lines around the first "Error" or "Traceback".\n',
    )
  }
  return explanation ? 0 : 1
}
