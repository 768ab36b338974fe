import { cause } from '../cause.ts'
import { manual, needsValue } from '../fix.ts'

export const discordPermission = cause({
  code: 'FT-DISCORD-PERMISSION',
  slug: 'discord-missing-permission',
  title: 'The bot lacks a permission in Discord',
  matches: [/DiscordAPIError\[(?:50013|50001)\]|DiscordAPIError: Missing (?:Permissions|Access)/],
  explains: (found) =>
    /50001|Access/.test(found.line.text)
      ? 'The bot cannot see the channel or thread.'
      : 'The bot can see the channel but may not do this there.',
  fixes: () => [
    manual(
      'In the channel settings give the bot: View Channel, Send Messages, Create Public Threads, Send Messages in Threads, Attach Files',
    ),
  ],
})

export const discordGone = cause({
  code: 'FT-DISCORD-GONE',
  slug: 'discord-target-gone',
  title: 'The message, channel or interaction no longer exists in Discord',
  matches: [
    /DiscordAPIError\[(?:10003|10004|10008|10062|10015)\]|DiscordAPIError: Unknown (?:Message|Channel|Interaction|Guild|Webhook)/,
  ],
  explains: (found) =>
    /10062|Interaction/.test(found.line.text)
      ? 'The interaction was not acknowledged within 3 seconds, or is older than 15 minutes.'
      : 'It was deleted; the run itself goes on.',
  fixes: () => [manual('Use the command again')],
})

export const discordToken = cause({
  code: 'FT-DISCORD-TOKEN',
  slug: 'discord-token-invalid',
  title: 'Discord does not accept the token of the bot',
  matches: [/\[TokenInvalid\]|An invalid token was provided|Used disallowed intents|DisallowedIntents/],
  explains: (found) =>
    /ntents/.test(found.line.text)
      ? 'The bot asks for intents that are not enabled for the application.'
      : 'The token was reset, mistyped or belongs to something else than a bot.',
  fixes: () => [
    needsValue('Copy the token again from the application (Bot page) into DISCORD_TOKEN, and start the bot again'),
  ],
})

export const discordBody = cause({
  code: 'FT-DISCORD-BODY',
  slug: 'discord-invalid-body',
  title: 'Discord refused the form of a message',
  matches: [
    /DiscordAPIError\[(?:50035|40005|50006)\]|DiscordAPIError: (?:Invalid Form Body|Cannot send an empty message)/,
  ],
  explains: () =>
    'A message was longer or had more parts than Discord allows. This is a defect of the bot, not of the run.',
  fixes: () => [manual('Report it with the id of the log')],
})
