/** How the engine's process ends; from sysexits.h where that has a word for it. The table of docs/run-folder.md. */
export const EXIT = {
  /** Done, or stopped as asked: model/ is whole. */
  ok: { code: 0, means: 'done, or stopped and saved as asked' },
  usage: { code: 64, means: 'no run folder, or a run.json that cannot be used' },
  data: {
    code: 65,
    means: 'the data or the training itself cannot go on: unreadable rows, one label only, a loss that is not finite',
  },
  notFound: { code: 66, means: 'the model or the dataset is not there' },
  unavailable: { code: 69, means: 'nothing here can run it: no executor, not enough memory' },
  bug: { code: 70, means: 'an error of the engine; the failed event holds the trace' },
  io: { code: 74, means: 'reading or writing failed, for instance because the disk is full' },
  tempFail: { code: 75, means: 'the Hub could not be asked, or did not give all: later it may' },
  denied: { code: 77, means: 'a path leads out of its folder, or may not be read' },
} as const

export type ExitName = keyof typeof EXIT
