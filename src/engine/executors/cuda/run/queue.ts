/**
 * The order of calls. Work that takes a while (compiling) is done one after the other. While some of it is under way, a call
 * that needs nothing compiled waits too, so that all is done in the order in which it was asked for.
 */
export interface Queue {
  /** Whether a call that has all that it needs may begin at once. */
  isFree: () => boolean
  /** Does work once all before it is done; calls after it wait for it. */
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>
  /** The same for work that changes nothing: calls that have all that they need go by. */
  inPassing: <Result>(work: () => Promise<Result>) => Promise<Result>
  /** Resolves when nothing is under way; what fails was told to who asked for it. */
  settled: () => Promise<unknown>
}

export function callQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve()
  let holding = 0

  const inPassing = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
  return {
    isFree: () => holding === 0,
    inTurn: (work) => {
      holding++
      return inPassing(work).finally(() => holding--)
    },
    inPassing,
    settled: () => last,
  }
}
