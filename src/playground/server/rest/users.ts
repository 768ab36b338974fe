import type { Hono } from 'hono'
import { failure } from '../failure.ts'
import type { State } from '../state.ts'
import { param, type Env } from './request.ts'

export function userRoutes(app: Hono<Env>, state: State): void {
  app.get('/users/@me', (c) => c.json(state.bot))
  app.get('/users/@me/guilds', (c) => {
    const { id, name, ownerId } = state.guild
    return c.json([
      { id, name, icon: null, banner: null, owner: ownerId === state.bot.id, permissions: '0', features: [] },
    ])
  })
  app.get('/users/:user', (c) => {
    const member = state.members.get(param(c, 'user'))
    if (member === undefined) throw failure.unknownUser()
    return c.json(member.user)
  })
}
