import type { RunFile } from '../run/run-file.ts'
import { type Beginning, beginningOf } from './beginning.ts'
import { type Dataset, loadDataset, type Progress } from './data/dataset.ts'
import { charactersForThreads, startThreads, type TokenizingThreads } from './data/tokenize-threads.ts'
import { needsThreads, tokenize, type Tokenized } from './data/tokenize.ts'
import { reachHub } from './hub.ts'
import { findModel, type Pretrained, readPretrained } from './pretrained.ts'
import type { Stop } from './stop.ts'
import { stoppable } from './stoppable.ts'

/** What a run reads before its first step, all of it at once. An error that nobody waits for is told to nobody. */
export interface Reading {
  pretrained: Promise<Pretrained>
  data: Promise<Data>
  /** What training begins with; the weights of a new head take a moment to be drawn. */
  beginning: Promise<Beginning>
  /** Leaves what is not read yet, and resolves when nothing reads any more. */
  close: () => Promise<void>
}

/** The rows of a run, without their texts: those are not kept for hours. */
export interface Data extends Omit<Dataset, 'train' | 'eval'> {
  trainRows: number
  evalRows: number
  /** Whether there is so much to tokenize that threads do it. */
  inThreads: boolean
  /** The training rows, and behind them the evaluation rows: threads start but once. */
  tokenized: Promise<Tokenized>
}

/**
 * Begins to read model and data, and tokenizes rows as soon as they are there. Threads that tokenize are started before
 * that, once it is known that there is work for them: they need as long to start as the rows to be read.
 */
export function startReading({
  run,
  stop,
  progress,
}: {
  run: RunFile
  stop: Pick<Stop, 'asked'>
  progress: Progress
}): Reading {
  const { model, model_revision, args } = run.spec
  const closed = new AbortController()
  const begun: Promise<unknown>[] = []
  // A stop ends downloads and long tokenizing early. The rest is short, and then it is heard before the first step.
  const begin = <Result>(work: (stopped: AbortSignal) => Promise<Result>): Promise<Result> => {
    const result = stoppable(stop, (stopped) => work(AbortSignal.any([stopped, closed.signal])))
    begun.push(result.then(nothing, nothing))
    return result
  }

  const place = begin((signal) => {
    const reach = reachHub({ signal, progress })
    return findModel({ model, model_revision, models_folder: run.models_folder, reach })
  })
  const pretrained = begin(async () => readPretrained({ model, ...(await place), signal: closed.signal }))
  const data = begin(async (stopped): Promise<Data> => {
    const { folder } = await place
    const { max_length, truncation_side } = args
    const cutting = { max_length, truncation_side }
    const early: TokenizingThreads[] = []
    const endEarly = () => Promise.all(early.splice(0).map(({ close }) => close()))
    const expect = (characters: number) => {
      if (characters >= charactersForThreads()) early.push(startThreads({ folder, cutting }))
    }
    const reach = reachHub({ signal: stopped, progress })
    const loading = loadDataset({ run, signal: closed.signal, progress, reach, expect })
    const {
      train,
      eval: evaluated,
      ...rest
    } = await loading.catch(async (error: unknown) => {
      await endEarly()
      throw error
    })
    const rows = [...train, ...evaluated]
    const inThreads = needsThreads(rows, max_length)
    // Long texts, of which little is read: it seemed more.
    if (!inThreads) await endEarly()
    const [threads = inThreads ? startThreads({ folder, cutting }) : null] = early
    const tokenized = begin((stopped) =>
      tokenize({
        rows,
        folder,
        ...cutting,
        threads,
        signal: threads ? stopped : closed.signal,
        progress: (done, of) => progress('tokenizing rows', done, of),
      }),
    )
    return { ...rest, trainRows: train.length, evalRows: evaluated.length, inThreads, tokenized }
  })
  const beginning = begin(async () => {
    const [from, { problem }] = await Promise.all([pretrained, data])
    return beginningOf({ pretrained: from, problem, args })
  })
  return {
    pretrained,
    data,
    beginning,
    close: async () => {
      closed.abort()
      // What is begun may begin something else.
      for (const each of begun) await each
    },
  }
}

function nothing(): void {}
