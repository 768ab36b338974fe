import { InteractionResponseType as Callback, MessageFlags } from 'discord-api-types/v10'
import type { ShownMessage } from '../../protocol.ts'
import type { CallbackBody } from '../callbacks.ts'
import type { Component } from '../components.ts'
import type { Files } from '../messages.ts'
import { invalidForm, refuse } from './faults.ts'
import { checkMessageRules } from './message.ts'
import { modalFaults } from './modal.ts'
import { shapeFaults, shapes, type Schema } from './spec.ts'

const shapeOf: Partial<Record<number, Schema>> = {
  [Callback.ChannelMessageWithSource]: shapes.callbackMessage,
  [Callback.DeferredChannelMessageWithSource]: shapes.callbackMessage,
  [Callback.DeferredMessageUpdate]: shapes.callbackUpdate,
  [Callback.UpdateMessage]: shapes.callbackUpdate,
  [Callback.ApplicationCommandAutocompleteResult]: shapes.callbackChoices,
  [Callback.Modal]: shapes.callbackModal,
}

/** Throws 50035 where the answer to an interaction is not one. `source` is the message an update would change. */
export function checkCallback(body: unknown, source: ShownMessage | null, files: Files): void {
  const type = (body as { type?: number } | null)?.type
  const shape = type === undefined ? undefined : shapeOf[type]
  if (shape === undefined) {
    const known = Object.keys(shapeOf).join(', ')
    throw invalidForm([{ path: ['type'], code: 'BASE_TYPE_CHOICES', message: `Value must be one of (${known}).` }])
  }
  refuse(shapeFaults(shape, body))
  const callback = body as CallbackBody
  switch (callback.type) {
    case Callback.ChannelMessageWithSource: {
      checkMessageRules(callback.data, { existing: null, files }, ['data'])
      return
    }
    case Callback.UpdateMessage: {
      checkMessageRules(callback.data, { existing: source, files }, ['data'])
      return
    }
    case Callback.Modal: {
      refuse(modalFaults(callback.data.components as unknown as Component[], ['data', 'components']))
      return
    }
    case Callback.DeferredChannelMessageWithSource: {
      const stray = (callback.data?.flags ?? 0) & MessageFlags.IsComponentsV2
      if (stray === 0) return
      throw invalidForm([
        {
          path: ['data', 'flags'],
          code: 'BASE_TYPE_CHOICES',
          message: 'Only EPHEMERAL can be set when deferring; set IS_COMPONENTS_V2 on the edit.',
        },
      ])
    }
    case Callback.DeferredMessageUpdate:
    case Callback.ApplicationCommandAutocompleteResult:
      return
  }
}
