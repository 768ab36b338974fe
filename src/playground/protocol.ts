import type {
  APIApplicationCommand,
  APIApplicationCommandOptionChoice,
  APIChannel,
  APIGuildMember,
  APIMessage,
  APIModalInteractionResponseCallbackData,
  APIUser,
} from 'discord-api-types/v10'

/**
 * What the chat page and the local Discord say to each other, over one WebSocket at `/client`.
 * The page sends verbs, each with an id of its own, and gets one answer with that id; it is told of everything else
 * as it happens. Payloads are Discord's own shapes, so that the page renders what Discord would.
 */

/** Options of a command as a person filled them in: name → value. */
export type OptionValues = Readonly<Record<string, string | number | boolean>>

export type Verb =
  /** Become this person; answered by a `state` notice. Ephemeral messages and modals are only told to their person. */
  | { do: 'be'; user: string }
  | { do: 'send'; channel: string; content: string; files?: readonly UploadedFile[] }
  /** `command` is the path with spaces: `finetune start`. Files are data URLs. */
  | {
      do: 'command'
      channel: string
      command: string
      options: OptionValues
      files?: Readonly<Record<string, UploadedFile>>
    }
  /** Answered with choices. `focused` names the option that is being typed. */
  | { do: 'autocomplete'; channel: string; command: string; options: OptionValues; focused: string }
  /** A command of a message's menu (Apps → …). */
  | { do: 'message command'; channel: string; message: string; command: string }
  | { do: 'press'; channel: string; message: string; custom_id: string }
  | { do: 'select'; channel: string; message: string; custom_id: string; values: readonly string[] }
  /** Sends a modal that was opened; values by custom_id (text: one value, selects: several). */
  | {
      do: 'submit'
      modal: string
      values: Readonly<Record<string, readonly string[]>>
      /** Of file uploads, by custom_id. */
      files?: Readonly<Record<string, readonly UploadedFile[]>>
    }
  | { do: 'close modal'; modal: string }
  /** Takes an ephemeral message away from the screen. */
  | { do: 'dismiss'; channel: string; message: string }
  | { do: 'delete'; channel: string; message: string }

export interface UploadedFile {
  name: string
  /** `data:…;base64,…` */
  url: string
}

export type Ask = Verb & { id: number }

/**
 * The answer to a verb. A verb that starts an interaction is answered once the bot has responded, or with the error a
 * person would see ("The application did not respond") after Discord's three seconds.
 */
export type Answer =
  | { id: number; ok: true; choices?: APIApplicationCommandOptionChoice[]; message?: string }
  | { id: number; ok: false; error: string }

/** A message as the page shows it. Ephemeral ones are only told to the person they are for. */
export type ShownMessage = APIMessage & {
  /** "Alice used /finetune start" */
  interaction_label?: string
  /** The bot deferred and has not answered yet: "finetune is thinking…" */
  thinking?: boolean
}

export interface OpenModal {
  id: string
  modal: APIModalInteractionResponseCallbackData
}

export interface Person {
  user: APIUser
  member: APIGuildMember
  /** One line for the switcher: "member", "reviewer", "manages the server". */
  about: string
}

export interface State {
  me: string
  guild: { id: string; name: string }
  people: Person[]
  roles: { id: string; name: string; color: number }[]
  bots: { user: APIUser; online: boolean }[]
  /** Channels, and threads with their parent_id. */
  channels: APIChannel[]
  /** By channel id, oldest first. */
  messages: Record<string, ShownMessage[]>
  commands: APIApplicationCommand[]
  modal: OpenModal | null
}

export type Notice =
  | { say: 'state'; state: State }
  | { say: 'message'; message: ShownMessage }
  | { say: 'message gone'; channel: string; message: string }
  | { say: 'channel'; channel: APIChannel }
  | { say: 'channel gone'; channel: string }
  | { say: 'commands'; commands: APIApplicationCommand[] }
  | { say: 'bot'; user: APIUser; online: boolean }
  | { say: 'typing'; channel: string; user: string }
  | { say: 'modal'; modal: OpenModal | null }

export type FromServer = ({ say: 'answer' } & Answer) | Notice
