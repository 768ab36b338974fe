import { z } from 'zod'
import type { Database } from './database.ts'

const Row = z.object({
  guild_id: z.string(),
  hub_token: z.string().nullable(),
  hub_account: z.string().nullable(),
  publish_role: z.string().nullable(),
  publish_approvals: z.int(),
  publish_private: z.int().transform((value) => value === 1),
})

/** What a server has set; fields are the columns of `settings`. `hub_token` is encrypted. */
export type Settings = z.infer<typeof Row>

const UNSET = {
  hub_token: null,
  hub_account: null,
  publish_role: null,
  publish_approvals: 0,
  publish_private: true,
} as const satisfies Omit<Settings, 'guild_id'>

/** The settings of a server, or what holds until somebody sets something. */
export function readSettings(database: Database, guild_id: string): Settings {
  const row = database.prepare('SELECT * FROM settings WHERE guild_id = ?').get(guild_id)
  return row === undefined ? { guild_id, ...UNSET } : Row.parse(row)
}

/** Changes settings, and writes down who changed what. What is set to the value that it has is no change. */
export function changeSettings(
  database: Database,
  { guild_id, actor, set }: { guild_id: string; actor: string; set: Partial<Omit<Settings, 'guild_id'>> },
  now = new Date(),
): void {
  database
    .transaction(() => {
      const before = readSettings(database, guild_id)
      const after = { ...before, ...set }
      database
        .prepare(
          `INSERT INTO settings (guild_id, hub_token, hub_account, publish_role, publish_approvals, publish_private)
           VALUES (@guild_id, @hub_token, @hub_account, @publish_role, @publish_approvals, @publish_private)
           ON CONFLICT (guild_id) DO UPDATE
             SET hub_token = excluded.hub_token, hub_account = excluded.hub_account,
                 publish_role = excluded.publish_role, publish_approvals = excluded.publish_approvals,
                 publish_private = excluded.publish_private`,
        )
        .run({ ...after, publish_private: after.publish_private ? 1 : 0 })
      const insert = database.prepare(
        `INSERT INTO settings_changes (guild_id, setting, from_value, to_value, actor, at)
         VALUES (@guild_id, @setting, @from_value, @to_value, @actor, @at)`,
      )
      for (const setting of SETTINGS) {
        if (before[setting] === after[setting]) continue
        insert.run({
          guild_id,
          setting,
          from_value: audited(before, setting),
          to_value: audited(after, setting),
          actor,
          at: now.toISOString(),
        })
      }
    })
    .immediate()
}

/** What the audit names. The account goes with its token. */
const SETTINGS = ['hub_token', 'publish_role', 'publish_approvals', 'publish_private'] as const
export type Setting = (typeof SETTINGS)[number]

function audited(settings: Settings, setting: Setting): string | null {
  if (setting === 'hub_token') return settings.hub_account
  const value = settings[setting]
  return value === null ? null : String(value)
}

const Change = z.object({
  setting: z.enum(SETTINGS),
  from_value: z.string().nullable(),
  to_value: z.string().nullable(),
  actor: z.string(),
  at: z.string(),
})
export type SettingsChange = z.infer<typeof Change>

/** Who changed what, newest first. */
export function listSettingsChanges(
  database: Database,
  { guild_id, limit = 25 }: { guild_id: string; limit?: number },
): SettingsChange[] {
  return database
    .prepare(
      `SELECT setting, from_value, to_value, actor, at FROM settings_changes
       WHERE guild_id = ? ORDER BY id DESC LIMIT ?`,
    )
    .all(guild_id, limit)
    .map((row) => Change.parse(row))
}
