import type {
  APIApplicationCommandOptionChoice,
  APIApplicationCommandSubcommandOption,
  APIModalInteractionResponseCallbackData,
  AutocompleteInteraction,
  ButtonInteraction,
  ChatInputCommandInteraction,
  MessageContextMenuCommandInteraction,
  ModalSubmitInteraction,
  RESTPostAPIChatInputApplicationCommandsJSONBody,
  RESTPostAPIContextMenuApplicationCommandsJSONBody,
  RoleSelectMenuInteraction,
  StringSelectMenuInteraction,
} from 'discord.js'
import type { Run } from '../../storage/runs.ts'
import type { ButtonAction, ModalAction, RoleSelectAction, SelectAction } from '../cards/custom-id.ts'
import type { Card } from '../cards/layout.ts'
import type { Bot } from './bot.ts'
import type { Who } from './permissions.ts'

/**
 * Where the answer appears. `public`: a new message that all see. `private`: one that only this person sees. `update`:
 * the message with the button stays and is brought up to date by the narrator; an answer, if any, is private.
 * `replace`: the answer takes the place of the message with the button.
 */
export type Acknowledgement = 'public' | 'private' | 'update' | 'replace'

/** An answer that must be found again: `shown` is given the id of its message once it is there. */
export interface Remembered {
  card: Card
  shown: (message_id: string) => void
}

export type Answer = Card | Remembered | null

/**
 * What a thing that a person did leads to. Acknowledged first, worked on after. A form must come at once instead; and
 * what takes a millisecond may: nobody sees "thinking…", and what it refuses is never seen by others.
 */
export type Reaction<Call> =
  | { acknowledge: 'at once'; run: (call: Call) => Card | Remembered }
  | {
      acknowledge: Acknowledgement
      /**
       * Throws UserError where it is plain at once that nothing will come of it: only this person sees that. It may ask
       * Discord, for a second at most: three are left for the acknowledgement.
       */
      refuse?: (call: Call) => void | Promise<void>
      run: (call: Call) => Promise<Answer> | Answer
    }
  | { acknowledge: 'form'; form: (call: Call) => APIModalInteractionResponseCallbackData }

export interface Call<Interaction> {
  bot: Bot
  interaction: Interaction
}

export interface RunCall<Interaction> extends Call<Interaction> {
  /** The run that the control belongs to; it is of this server. */
  run: Run
  /** What the custom id says beside the run. */
  arg: string | null
}

/** A control that belongs to no run, or only shows the number of one. */
export interface LooseCall<Interaction> extends Call<Interaction> {
  /** What the custom id says: a run's number, or NO_RUN. It is not looked up. */
  run_id: number
  arg: string | null
}

export type Choices = APIApplicationCommandOptionChoice<string>[]

export interface Subcommand {
  definition: APIApplicationCommandSubcommandOption
  react: (interaction: ChatInputCommandInteraction<'cached'>) => Reaction<Call<ChatInputCommandInteraction<'cached'>>>
  /** Choices for the option that is being typed. */
  complete?: (call: Call<AutocompleteInteraction<'cached'>>) => Choices | Promise<Choices>
}

export interface SlashCommand {
  definition: Omit<RESTPostAPIChatInputApplicationCommandsJSONBody, 'options'>
  subcommands: readonly Subcommand[]
}

export interface MessageCommand {
  definition: RESTPostAPIContextMenuApplicationCommandsJSONBody
  react: Reaction<Call<MessageContextMenuCommandInteraction<'cached'>>>
}

/** `who` may press it is asked of every entry, and checked before it runs. */
export type Button = Reaction<RunCall<ButtonInteraction<'cached'>>> & { who: Who }
/** A button that belongs to no run; whom it serves it checks itself. */
export type LooseButton = Reaction<LooseCall<ButtonInteraction<'cached'>>> & { who: 'no run' }
export type RunForm = Reaction<RunCall<ModalSubmitInteraction<'cached'>>> & { who: Who }
/** A form that belongs to no run. */
export type LooseForm = Reaction<LooseCall<ModalSubmitInteraction<'cached'>>> & { who: 'no run' }
export type Select = Reaction<Call<StringSelectMenuInteraction<'cached'>>>
export type RoleSelect = Reaction<Call<RoleSelectMenuInteraction<'cached'>>>

/** Everything a person can do. An action of src/cards/custom-id.ts without a handler is a type error. */
export interface Table {
  commands: readonly SlashCommand[]
  messageCommands: readonly MessageCommand[]
  buttons: Readonly<Record<ButtonAction, Button | LooseButton>>
  forms: Readonly<Record<ModalAction, RunForm | LooseForm>>
  selects: Readonly<Record<SelectAction, Select>>
  roleSelects: Readonly<Record<RoleSelectAction, RoleSelect>>
}
