import type { Inspection } from './inspect.ts'
import type { Sample } from './samples.ts'

/** A dataset as a person looks at it before a run reads it. */
export interface Preview {
  inspection: Inspection
  /** The first rows that a run would train on */
  samples: Sample[]
  /** Where on the Hub it is from; null when it is here */
  from: {
    name: string
    /** The commit that its rows are read at */
    revision: string
    config: string
    /** How many configurations there are */
    configs: number
    /** What is trained on and, if there is one, what is evaluated on */
    splits: string[]
  } | null
}
