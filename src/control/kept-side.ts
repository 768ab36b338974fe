import { type Context, timingOf } from './context.ts'
import { type Side, startSide } from './side-process.ts'

export interface KeptSide {
  file: `${string}-process.ts`
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
 * core. Questions to one file are answered one after the other. Aborting `signal` takes the question back.
 */
export async function askKept<Answer>(
  context: Context,
  { file, args, answerMs }: KeptSide,
  question: unknown,
  signal: AbortSignal = context.signal,
): Promise<Answer> {
  return await inTurn(context, file, async () => {
    signal.throwIfAborted()
    const { side } = await open(context, { file, args, answerMs })
    if (signal.aborted) restAfter(context, file)
    signal.throwIfAborted()
    const giveUp = () => forget(context, file, side)
    signal.addEventListener('abort', giveUp)
    try {
      return (await side.ask(question)) as Answer
    } finally {
      signal.removeEventListener('abort', giveUp)
      if (!side.alive()) giveUp()
      restAfter(context, file)
    }
  })
}

async function open(context: Context, { file, args, answerMs }: KeptSide): Promise<Kept> {
  const here = ofContext(kept, context)
  const wanted = args.join('\n')
  const there = here.get(file)
  clearTimeout(there?.idle)
  if (there?.args === wanted && there.side.alive()) return there
  if (there) forget(context, file, there.side)
  const side = await startSide<unknown, unknown>(context, { file, args, answerMs })
  const opened: Kept = { args: wanted, side, idle: undefined }
  here.set(file, opened)
  context.signal.addEventListener('abort', () => forget(context, file, side), { once: true })
  return opened
}

function forget(context: Context, file: string, side: Side<unknown, unknown>): void {
  const here = ofContext(kept, context)
  const there = here.get(file)
  if (there?.side === side) {
    clearTimeout(there.idle)
    here.delete(file)
  }
  side.close()
}

function restAfter(context: Context, file: string): void {
  const there = ofContext(kept, context).get(file)
  if (!there) return
  there.idle = setTimeout(() => forget(context, file, there.side), timingOf(context).keepSide)
}

async function inTurn<Result>(context: Context, file: string, work: () => Promise<Result>): Promise<Result> {
  const waiting = ofContext(turns, context)
  const turn = (waiting.get(file) ?? Promise.resolve()).then(work)
  waiting.set(
    file,
    turn.catch(() => undefined),
  )
  return await turn
}

function ofContext<Value>(all: WeakMap<Context, Map<string, Value>>, context: Context): Map<string, Value> {
  const here = all.get(context) ?? new Map<string, Value>()
  all.set(context, here)
  return here
}
