import { randomBytes } from 'node:crypto'
import type { APIApplicationCommandOptionChoice, InteractionResponseType, InteractionType } from 'discord-api-types/v10'
import { UserError } from '../../user-error.ts'
import type { OpenModal } from '../protocol.ts'
import { failure } from './failure.ts'
import { tell, type Channel, type Message, type State } from './state.ts'

/** The token of an answer lives a quarter of an hour. */
export const TOKEN_LIFE_MS = 15 * 60_000

/** What a person has in front of them once the bot has answered. */
export type Response =
  | { is: 'message'; message: Message }
  | { is: 'modal'; modal: OpenModal }
  | { is: 'choices'; choices: APIApplicationCommandOptionChoice[] }
  | { is: 'nothing' }

export type Kind = 'slash' | 'menu' | 'component' | 'modal' | 'autocomplete'

/** What a person reads when no answer comes in time. */
const SILENCE: Record<Kind, string> = {
  slash: 'The application did not respond',
  menu: 'The application did not respond',
  component: 'This interaction failed',
  modal: 'Something went wrong. Try again.',
  autocomplete: 'Loading options failed',
}

export interface Interaction {
  readonly kind: Kind
  readonly id: string
  readonly token: string
  readonly type: InteractionType
  readonly person: string
  readonly channel: Channel
  /** Path (`finetune start`) or name of the command it began with; null for components and modals. */
  readonly command: string | null
  /** The message whose component was used, or whose component opened the modal. */
  readonly source: Message | null
  readonly createdAt: number
  /** `d` of INTERACTION_CREATE. */
  payload: object
  fate: 'waiting' | 'answered' | 'failed'
  callback: InteractionResponseType | null
  /** What `@original` means. */
  original: Message | null
  /** Resolves with the type of the first answer; rejects with what a person reads when none comes. */
  readonly acknowledged: Promise<InteractionResponseType>
  /** Resolves when there is something to see: a deferred answer only once it is filled in. */
  readonly responded: Promise<Response>
  readonly settle: {
    acknowledge(type: InteractionResponseType): void
    respond(response: Response): void
    fail(why: string): void
  }
}

type About = Pick<Interaction, 'kind' | 'type' | 'person' | 'channel' | 'command' | 'source'>

/** Registers an interaction, tells the bot of it and starts the clock. `payload` gets its id and token. */
export function startInteraction(
  state: State,
  about: About,
  payload: (id: string, token: string) => object,
): Interaction {
  const id = state.nextId()
  const token = randomBytes(48).toString('base64url')
  const acknowledged = promise<InteractionResponseType>()
  const responded = promise<Response>()
  const release = () => {
    clearTimeout(timer)
    state.signal.removeEventListener('abort', onClose)
  }
  const interaction: Interaction = {
    ...about,
    id,
    token,
    createdAt: state.now(),
    payload: payload(id, token),
    fate: 'waiting',
    callback: null,
    original: null,
    acknowledged: acknowledged.promise,
    responded: responded.promise,
    settle: {
      acknowledge: (type) => {
        release()
        interaction.fate = 'answered'
        interaction.callback = type
        acknowledged.resolve(type)
      },
      respond: (response) => responded.resolve(response),
      fail: (why) => {
        release()
        interaction.fate = 'failed'
        const seen = new UserError(why)
        acknowledged.reject(seen)
        responded.reject(seen)
      },
    },
  }
  const onClose = () => interaction.settle.fail('The playground was closed.')
  const timer = setTimeout(() => interaction.settle.fail(SILENCE[about.kind]), state.deadlineMs)
  state.signal.addEventListener('abort', onClose)
  forgetOld(state)
  state.interactions.set(token, interaction)
  tell(state, { is: 'interaction', interaction })
  return interaction
}

/** The interaction a bot answers to. Throws 10062 where there is none or it is too late, 40060 on a second answer. */
export function waitingInteraction(state: State, id: string, token: string): Interaction {
  const interaction = state.interactions.get(token)
  if (interaction === undefined || interaction.id !== id) throw failure.unknownInteraction()
  if (interaction.fate === 'answered') throw failure.alreadyAcknowledged()
  if (interaction.fate === 'failed') throw failure.unknownInteraction()
  return interaction
}

/** The interaction behind a webhook token. Throws 10015 before it was answered, 50027 after its quarter of an hour. */
export function answeredInteraction(state: State, application: string, token: string): Interaction {
  const interaction = state.interactions.get(token)
  if (application !== state.applicationId || interaction === undefined) throw failure.unknownWebhook()
  if (state.now() - interaction.createdAt > TOKEN_LIFE_MS) throw failure.invalidWebhookToken()
  if (interaction.fate !== 'answered') throw failure.unknownWebhook()
  return interaction
}

/** Tokens that died long ago; what is young enough to be answered with 50027 stays. */
function forgetOld(state: State): void {
  for (const [token, { createdAt }] of state.interactions) {
    if (state.now() - createdAt < TOKEN_LIFE_MS * 4) return
    state.interactions.delete(token)
  }
}

function promise<T>() {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const made = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  // Whoever waits gets the rejection; that nobody waits is no accident of the process.
  made.catch(() => undefined)
  return { promise: made, resolve, reject }
}
