import { z } from 'zod'

/** How a run ended, with the evidence. `by` is a Discord user id. */
export const Ending = z.discriminatedUnion('is', [
  z.object({ is: z.literal('completed'), metrics: z.record(z.string(), z.number()) }),
  z.object({ is: z.literal('stopped'), by: z.string().nullable(), checkpoint: z.string() }),
  z.object({ is: z.literal('cancelled'), by: z.string() }),
  z.object({
    is: z.literal('failed'),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    /** A code of the catalogue (src/diagnosis), or null when the cause is not known. */
    cause: z.string().nullable(),
    /** The engine's own sentence, or what the supervisor saw. */
    message: z.string(),
    step: z.int().nullable(),
  }),
])
export type Ending = z.infer<typeof Ending>
