import type { Hono } from 'hono'
import { editOriginal, followUp } from '../callbacks.ts'
import { failure } from '../failure.ts'
import { answeredInteraction, type Interaction } from '../interactions.ts'
import { deleteMessage, inChannel, type MessageBody } from '../messages.ts'
import type { Message, State } from '../state.ts'
import { checkMessage } from '../validate/message.ts'
import { param, payload, type Env, type Request } from './request.ts'

/** Follow-ups and edits with the token of an interaction. */
export function webhookRoutes(app: Hono<Env>, state: State): void {
  const interactionOf = (c: Request) => answeredInteraction(state, param(c, 'application'), param(c, 'token'))
  const messageOf = (c: Request, interaction: Interaction): Message => {
    const id = param(c, 'message')
    const message = id === '@original' ? interaction.original : inChannel(state, interaction.channel.id).get(id)
    const gone =
      message === undefined || message === null || !inChannel(state, interaction.channel.id).has(message.shown.id)
    if (gone || (message !== interaction.original && message.token !== interaction.token))
      throw failure.unknownMessage()
    return message
  }

  app.post('/webhooks/:application/:token', (c) => {
    const interaction = interactionOf(c)
    const { files } = c.get('body')
    checkMessage(payload(c), { kind: 'response', existing: null, files })
    return c.json(followUp(state, interaction, payload<MessageBody>(c), files).shown)
  })
  app.get('/webhooks/:application/:token/messages/:message', (c) => c.json(messageOf(c, interactionOf(c)).shown))
  app.patch('/webhooks/:application/:token/messages/:message', (c) => {
    const interaction = interactionOf(c)
    const message = messageOf(c, interaction)
    const { files } = c.get('body')
    checkMessage(payload(c), { kind: 'edit response', existing: message.shown, files })
    return c.json(editOriginal(state, interaction, message, payload<MessageBody>(c), files).shown)
  })
  app.delete('/webhooks/:application/:token/messages/:message', (c) => {
    const interaction = interactionOf(c)
    const message = messageOf(c, interaction)
    deleteMessage(state, message, 'bot')
    interaction.settle.respond({ is: 'nothing' })
    return c.body(null, 204)
  })
}
