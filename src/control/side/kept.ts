import { type Context, timingOf } from '../context.ts'
import { type Side, startSide } from './process.ts'

export interface KeptSide {
  program: URL
  args: readonly string[]
  answerMs: number
}

interface Kept {
  /** What the process was started with: one that was started with something else is no use. */
  args: string
  side: Side<unknown, unknown>
  idle: NodeJS.Timeout | undefined
}

const kept = new WeakMap<Context, Map<string, Kept>>()
const turns = new WeakMap<Context, Map<string, Promise<unknown>>>()

/**
 * Asks a side process that stays for a few minutes after its last answer, since starting one takes half a second of a
 * core. Questions to one program are answered one after the other. Aborting `signal` takes the question back.
 */
export async function askKept<Answer>(
  context: Context,
  { program, args, answerMs }: KeptSide,
  question: unknown,
  signal: AbortSignal = context.signal,
): Promise<Answer> {
  return await inTurn(context, program, async () => {
    signal.throwIfAborted()
    const { side } = await open(context, { program, args, answerMs })
    if (signal.aborted) restAfter(context, program)
    signal.throwIfAborted()
    const giveUp = () => forget(context, program, side)
    signal.addEventListener('abort', giveUp)
    try {
      return (await side.ask(question)) as Answer
    } finally {
      signal.removeEventListener('abort', giveUp)
      if (!side.alive()) giveUp()
      restAfter(context, program)
    }
  })
}

async function open(context: Context, { program, args, answerMs }: KeptSide): Promise<Kept> {
  const here = ofContext(kept, context)
  const wanted = args.join('\n')
  const there = here.get(program.href)
  clearTimeout(there?.idle)
  if (there?.args === wanted && there.side.alive()) return there
  if (there) forget(context, program, there.side)
  const side = await startSide<unknown, unknown>(context, { program, args, answerMs })
  const opened: Kept = { args: wanted, side, idle: undefined }
  here.set(program.href, opened)
  context.signal.addEventListener('abort', () => forget(context, program, side), { once: true })
  return opened
}

function forget(context: Context, program: URL, side: Side<unknown, unknown>): void {
  const here = ofContext(kept, context)
  const there = here.get(program.href)
  if (there?.side === side) {
    clearTimeout(there.idle)
    here.delete(program.href)
  }
  side.close()
}

function restAfter(context: Context, program: URL): void {
  const there = ofContext(kept, context).get(program.href)
  if (!there) return
  there.idle = setTimeout(() => forget(context, program, there.side), timingOf(context).keepSide)
}

async function inTurn<Result>(context: Context, program: URL, work: () => Promise<Result>): Promise<Result> {
  const waiting = ofContext(turns, context)
  const turn = (waiting.get(program.href) ?? Promise.resolve()).then(work)
  waiting.set(
    program.href,
    turn.catch(() => undefined),
  )
  return await turn
}

function ofContext<Value>(all: WeakMap<Context, Map<string, Value>>, context: Context): Map<string, Value> {
  const here = all.get(context) ?? new Map<string, Value>()
  all.set(context, here)
  return here
}
