import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BUILTIN_EMAILS, BUILTIN_ENCODER, HOUSE, RECOMMENDED } from '../../../src/builtin/known.ts'
import { runEngine } from './job.ts'

/**
 * The built-in encoder on the built-in e-mails, as the demo trains it, by any executor: what one seed comes to. On a CPU in
 * fp32: `node --import tsx tests/bench/gpu/bench.ts accuracy '{"seed":42,"executor":"onnx"}'`.
 */
export async function accuracy({
  root,
  seed = 42,
  executor = 'cuda',
}: {
  root: string
  seed?: number
  executor?: string
}): Promise<object> {
  // Packed beside this; cleaned here where they are not.
  const packed = fileURLToPath(new URL('emails/', import.meta.url))
  const { events, from_process_start_ms } = await runEngine({
    root,
    cache: existsSync(packed) ? packed : join(tmpdir(), 'finetune-emails'),
    executor,
    wanted: {
      model: BUILTIN_ENCODER,
      dataset: BUILTIN_EMAILS,
      args: { ...HOUSE, ...RECOMMENDED[BUILTIN_ENCODER], ...RECOMMENDED[BUILTIN_EMAILS], save_strategy: 'no', seed },
    },
  })
  return {
    evaluations: events.flatMap((event) => (event.type === 'eval' ? [event] : [])),
    last: events.at(-1),
    from_process_start_ms,
  }
}
