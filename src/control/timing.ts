/** How patient the control is, in milliseconds unless the name says otherwise. Tests make it hasty. */
export interface Timing {
  /** How often a followed run is looked at, beside what it says itself. */
  lookEvery: number
  /** A run counts as lost when it is silent for this many times longer than it promised. */
  silenceFactor: number
  /** … but never before this. */
  leastSilence: number
  /** What an engine promises that has not promised anything yet. */
  promise: number
  /** How long an engine may be gone without a trace before its run has failed. */
  vanished: number
  /** Between SIGTERM and SIGKILL. */
  grace: number
  /** How long the exit code is waited for once the engine has said that it failed. */
  exitCode: number
  /** How long an engine may live on after it has said that it is done. */
  leave: number
  /** After the host did not answer: the first pause, doubled each time up to the last. */
  retryFirst: number
  retryLast: number
  /** How long a side process is kept for the next question. */
  keepSide: number
}

export const TIMING: Timing = {
  lookEvery: 10_000,
  silenceFactor: 4,
  leastSilence: 60_000,
  promise: 60_000,
  vanished: 60_000,
  grace: 15_000,
  exitCode: 2_000,
  leave: 60_000,
  retryFirst: 1_000,
  retryLast: 60_000,
  keepSide: 5 * 60_000,
}
