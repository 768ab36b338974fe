import type { Client } from 'discord.js'
import type { Context } from '../control/context.ts'
import type { Drafts } from './drafts.ts'
import type { Narrator } from './narrator.ts'
import type { Publications } from './publications.ts'

/** The running bot: what a handler works with. */
export interface Bot {
  readonly context: Context
  readonly client: Client<true>
  readonly drafts: Drafts
  readonly narrator: Narrator
  readonly publications: Publications
  /** Writes what is still waiting, then leaves Discord. */
  close: () => Promise<void>
}
