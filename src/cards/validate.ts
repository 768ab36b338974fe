import { ButtonStyle, ComponentType } from 'discord-api-types/v10'
import type { Card } from './layout.ts'
import {
  BUTTON_LABEL_LENGTH,
  BUTTONS_PER_ROW,
  COMPONENTS_PER_MESSAGE,
  CUSTOM_ID_LENGTH,
  MODAL_COMPONENTS,
  MODAL_DESCRIPTION_LENGTH,
  MODAL_LABEL_LENGTH,
  MODAL_TITLE_LENGTH,
  SELECT_OPTION_LENGTH,
  SELECT_OPTIONS,
  SELECT_PLACEHOLDER_LENGTH,
  TABLE_WIDTH,
  TEXT_INPUT_LENGTH,
  TEXT_INPUT_PLACEHOLDER_LENGTH,
  TEXT_PER_MESSAGE,
} from './limits.ts'
import type { APIModalInteractionResponseCallbackData } from 'discord-api-types/v10'

/** A component of any kind, as far as the rules look into it. */
interface Piece {
  type: ComponentType
  content?: string
  components?: readonly Piece[]
  component?: Piece
  accessory?: Piece
  custom_id?: string
  label?: string
  description?: string
  style?: number
  url?: string
  value?: string
  placeholder?: string
  options?: readonly { label: string; value: string; description?: string }[]
}

/** What Discord would refuse about a card, and what a phone would show badly; empty when nothing. */
export function problemsOfCard({ components }: Card): string[] {
  const all = flatten(components)
  const texts = all.flatMap(({ type, content }) => (type === ComponentType.TextDisplay ? [content ?? ''] : []))
  const length = texts.reduce((sum, content) => sum + content.length, 0)
  return [
    ...atMost('components of a message', all.length, COMPONENTS_PER_MESSAGE),
    ...atMost('characters of a message', length, TEXT_PER_MESSAGE),
    ...(components.length === 0 ? ['expected a component, got an empty message'] : []),
    ...texts.flatMap((content) => (content.trim() === '' ? ['expected text, got an empty text display'] : [])),
    ...texts.flatMap(wideTables),
    ...twice(all.flatMap(({ custom_id }) => (custom_id === undefined ? [] : [custom_id]))),
    ...all.flatMap(problemsOfPiece),
  ]
}

/** What Discord would refuse about a form; empty when nothing. */
export function problemsOfForm({ title, components, custom_id }: APIModalInteractionResponseCallbackData): string[] {
  const all = flatten(components)
  return [
    ...atMost('the title', title.length, MODAL_TITLE_LENGTH),
    ...atMost('the custom id', custom_id.length, CUSTOM_ID_LENGTH),
    ...atMost('components of a form', components.length, MODAL_COMPONENTS),
    ...(components.length === 0 ? ['expected a component, got an empty form'] : []),
    ...twice(all.flatMap((piece) => (piece.custom_id === undefined ? [] : [piece.custom_id]))),
    ...all.flatMap(problemsOfPiece),
  ]
}

function problemsOfPiece(piece: Piece): string[] {
  switch (piece.type) {
    case ComponentType.ActionRow: {
      const buttons = piece.components?.filter(({ type }) => type === ComponentType.Button).length ?? 0
      return [
        ...atMost('buttons of a row', buttons, BUTTONS_PER_ROW),
        ...((piece.components?.length ?? 0) === 0 ? ['expected a button, got an empty row'] : []),
      ]
    }
    case ComponentType.Button: {
      const link = piece.style === ButtonStyle.Link
      return [
        ...atMost('a button label', piece.label?.length ?? 0, BUTTON_LABEL_LENGTH),
        ...atMost('a custom id', piece.custom_id?.length ?? 0, CUSTOM_ID_LENGTH),
        ...(link === (piece.url !== undefined) && link === (piece.custom_id === undefined)
          ? []
          : [`expected a custom id, or a url on a link; got button "${piece.label ?? ''}"`]),
      ]
    }
    case ComponentType.StringSelect:
      return [
        ...atMost('options of a select', piece.options?.length ?? 0, SELECT_OPTIONS),
        ...atMost('a placeholder', piece.placeholder?.length ?? 0, SELECT_PLACEHOLDER_LENGTH),
        ...(piece.options ?? []).flatMap(({ label, value, description = '' }) =>
          [label, value, description].flatMap((part) =>
            atMost('a part of an option', part.length, SELECT_OPTION_LENGTH),
          ),
        ),
        ...twice((piece.options ?? []).map(({ value }) => value)),
      ]
    case ComponentType.Label:
      return [
        ...atMost('a label', piece.label?.length ?? 0, MODAL_LABEL_LENGTH),
        ...atMost('a description', piece.description?.length ?? 0, MODAL_DESCRIPTION_LENGTH),
      ]
    case ComponentType.TextInput:
      return [
        ...atMost('a value', piece.value?.length ?? 0, TEXT_INPUT_LENGTH),
        ...atMost('a placeholder', piece.placeholder?.length ?? 0, TEXT_INPUT_PLACEHOLDER_LENGTH),
      ]
    default:
      return []
  }
}

function flatten(components: readonly object[]): Piece[] {
  return (components as readonly Piece[]).flatMap((piece) => [
    piece,
    ...flatten(piece.components ?? []),
    ...flatten([piece.component, piece.accessory].filter((inner) => inner !== undefined)),
  ])
}

function atMost(what: string, got: number, limit: number): string[] {
  return got > limit ? [`expected at most ${limit} for ${what}, got ${got}`] : []
}

function twice(ids: readonly string[]): string[] {
  return ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `expected each id once, got ${id} twice`)
}

/** Only tables: a block without a language. Logs, errors and scripts may be wide, a phone scrolls or breaks them. */
function wideTables(content: string): string[] {
  return [...content.matchAll(/```\n(?<body>[\s\S]*?)\n```/g)]
    .flatMap((block) => block.groups?.body?.split('\n') ?? [])
    .filter((line) => / {2}/.test(line.trim()) && Array.from(line).length > TABLE_WIDTH)
    .map((line) => `expected a table of at most ${TABLE_WIDTH} columns, got ${Array.from(line).length}: ${line}`)
}
