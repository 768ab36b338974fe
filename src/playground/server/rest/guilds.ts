import type { Hono } from 'hono'
import { failure } from '../failure.ts'
import { guildObject } from '../guild.ts'
import type { State } from '../state.ts'
import { demandGuild, param, type Env } from './request.ts'

export function guildRoutes(app: Hono<Env>, state: State): void {
  app.use('/guilds/:guild/*', async (c, next) => {
    if (c.req.param('guild') !== state.guild.id) throw failure.unknownGuild()
    await next()
  })
  app.get('/guilds/:guild', (c) => {
    demandGuild(state, c)
    return c.json(guildObject(state))
  })
  app.get('/guilds/:guild/roles', (c) => c.json([...state.roles.values()]))
  app.get('/guilds/:guild/roles/:role', (c) => {
    const role = state.roles.get(param(c, 'role'))
    if (role === undefined) throw failure.unknownRole()
    return c.json(role)
  })
  app.get('/guilds/:guild/members', (c) => c.json([...state.members.values()]))
  app.get('/guilds/:guild/members/search', (c) => {
    const query = (c.req.query('query') ?? '').toLowerCase()
    return c.json([...state.members.values()].filter(({ user }) => user.username.startsWith(query)))
  })
  app.get('/guilds/:guild/members/:user', (c) => {
    const user = param(c, 'user')
    const member = state.members.get(user === '@me' ? state.bot.id : user)
    if (member === undefined) throw failure.unknownMember()
    return c.json(member)
  })
}
