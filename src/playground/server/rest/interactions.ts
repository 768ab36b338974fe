import type { Hono } from 'hono'
import { InteractionResponseType as Callback } from 'discord-api-types/v10'
import { answer, type CallbackBody } from '../callbacks.ts'
import { waitingInteraction } from '../interactions.ts'
import type { Recorder } from '../request-log.ts'
import type { State } from '../state.ts'
import { checkCallback } from '../validate/callback.ts'
import { param, payload, type Env } from './request.ts'

export function interactionRoutes(app: Hono<Env>, state: State, log: Recorder): void {
  app.post('/interactions/:interaction/:token/callback', (c) => {
    const interaction = waitingInteraction(state, param(c, 'interaction'), param(c, 'token'))
    const { files } = c.get('body')
    checkCallback(payload(c), interaction.source?.shown ?? null, files)
    const body = payload<CallbackBody>(c)
    const message = answer(state, interaction, body, files)
    log.addAck({
      interaction: interaction.id,
      command: interaction.command,
      type: body.type,
      latencyMs: state.now() - interaction.createdAt,
    })
    if (c.req.query('with_response') !== 'true') return c.body(null, 204)
    const ephemeral = message !== null && message.onlyFor !== null
    const loading = body.type === Callback.DeferredChannelMessageWithSource
    return c.json({
      interaction: {
        id: interaction.id,
        type: interaction.type,
        ...(message === null
          ? {}
          : {
              response_message_id: message.shown.id,
              response_message_loading: loading,
              response_message_ephemeral: ephemeral,
            }),
      },
      resource: { type: body.type, ...(message === null ? {} : { message: message.shown }) },
    })
  })
}
