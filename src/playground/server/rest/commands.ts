import type { APIApplicationCommand } from 'discord-api-types/v10'
import type { Hono } from 'hono'
import { commandsChanged, commandsOf, putCommand, type CommandBody } from '../commands.ts'
import { application } from '../application.ts'
import { failure } from '../failure.ts'
import type { State } from '../state.ts'
import { checkCommand, checkCommands } from '../validate/commands.ts'
import { demandGuild, param, payload, type Env, type Request } from './request.ts'

export function commandRoutes(app: Hono<Env>, state: State): void {
  app.get('/applications/@me', (c) => c.json(application(state)))
  app.get('/applications/:application/emojis', (c) => c.json({ items: [] }))
  app.get('/oauth2/applications/@me', (c) => c.json(application(state)))

  for (const base of [
    '/applications/:application/commands',
    '/applications/:application/guilds/:guild/commands',
  ] as const) {
    const scope = (c: Request) => {
      if (param(c, 'application') !== state.applicationId) throw failure.unknownApplication()
      if (!base.includes(':guild')) return null
      demandGuild(state, c)
      return state.guild.id
    }
    const found = (c: Request, guild: string | null) => {
      const command = state.commands.get(param(c, 'command'))
      if (command === undefined || (command.guild_id ?? null) !== guild) throw failure.unknownCommand()
      return command
    }

    app.get(base, (c) => c.json(commandsOf(state, scope(c))))
    app.put(base, (c) => {
      const guild = scope(c)
      checkCommands(payload(c))
      const bodies = payload<CommandBody[]>(c)
      const made = bodies.map((body) => putCommand(state, guild, body))
      for (const old of commandsOf(state, guild))
        if (!made.some(({ id }) => id === old.id)) state.commands.delete(old.id)
      commandsChanged(state)
      return c.json(made)
    })
    app.post(base, (c) => {
      const guild = scope(c)
      checkCommand(payload(c), commandsOf(state, guild))
      const body = payload<CommandBody>(c)
      const known = commandsOf(state, guild).some(({ name, type }) => name === body.name && type === (body.type ?? 1))
      const command = putCommand(state, guild, body)
      commandsChanged(state)
      return c.json(command, known ? 200 : 201)
    })
    app.get(`${base}/:command`, (c) => c.json(found(c, scope(c))))
    app.patch(`${base}/:command`, (c) => {
      const guild = scope(c)
      const old = found(c, guild)
      const others = commandsOf(state, guild).filter((one) => one !== old)
      const body = { ...described(old), ...payload<Partial<CommandBody>>(c) }
      checkCommand(body, others)
      for (const one of others) if (one.name === body.name && one.type === body.type) state.commands.delete(one.id)
      const command = putCommand(state, guild, body, old.id)
      commandsChanged(state)
      return c.json(command)
    })
    app.delete(`${base}/:command`, (c) => {
      state.commands.delete(found(c, scope(c)).id)
      commandsChanged(state)
      return c.body(null, 204)
    })
  }
}

/** What a bot said of a command, without what Discord added. */
function described(command: APIApplicationCommand): CommandBody {
  const { name, type, description, options, default_member_permissions, nsfw, contexts, integration_types } = command
  const body = { name, type, description, options, default_member_permissions, nsfw, contexts, integration_types }
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as unknown as CommandBody
}
