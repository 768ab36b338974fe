import type { State } from './state.ts'

/** The application as its owner would see it. */
export function application(state: State): object {
  return {
    id: state.applicationId,
    name: state.bot.username,
    icon: null,
    description: 'Fine-tune models from Discord',
    bot: state.bot,
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: '0'.repeat(64),
    owner: state.members.get(state.guild.ownerId)?.user,
    team: null,
    flags: 0,
    tags: [],
    approximate_guild_count: 1,
    integration_types_config: { 0: {} },
    interactions_endpoint_url: null,
    redirect_uris: [],
  }
}
