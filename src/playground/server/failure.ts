import type { ContentfulStatusCode } from 'hono/utils/http-status'

/** A request that Discord would refuse: thrown anywhere below a route, answered by rest/app.ts. */
export class DiscordFailure extends Error {
  override readonly name = 'DiscordFailure'
  readonly status: ContentfulStatusCode
  readonly code: number
  readonly errors: unknown

  constructor(status: ContentfulStatusCode, code: number, message: string, errors: unknown = null) {
    super(message)
    this.status = status
    this.code = code
    this.errors = errors
  }
}

/** The failures of the table in Discord's documentation that this server gives, in its words. */
export const failure = {
  unauthorized: () => new DiscordFailure(401, 0, '401: Unauthorized'),
  notFound: () => new DiscordFailure(404, 0, '404: Not Found'),
  unknownApplication: () => new DiscordFailure(404, 10002, 'Unknown Application'),
  unknownChannel: () => new DiscordFailure(404, 10003, 'Unknown Channel'),
  unknownGuild: () => new DiscordFailure(404, 10004, 'Unknown Guild'),
  unknownMember: () => new DiscordFailure(404, 10007, 'Unknown Member'),
  unknownMessage: () => new DiscordFailure(404, 10008, 'Unknown Message'),
  unknownRole: () => new DiscordFailure(404, 10011, 'Unknown Role'),
  unknownUser: () => new DiscordFailure(404, 10013, 'Unknown User'),
  unknownEmoji: () => new DiscordFailure(400, 10014, 'Unknown Emoji'),
  unknownWebhook: () => new DiscordFailure(404, 10015, 'Unknown Webhook'),
  unknownInteraction: () => new DiscordFailure(404, 10062, 'Unknown interaction'),
  unknownCommand: () => new DiscordFailure(404, 10063, 'Unknown application command'),
  tooManyPins: () => new DiscordFailure(400, 30003, 'Maximum number of pins reached (250)'),
  tooManyReactions: () => new DiscordFailure(400, 30010, 'Maximum number of reactions reached (20)'),
  tooManyFiles: () => new DiscordFailure(400, 30015, 'Maximum number of attachments in a message reached (10)'),
  tooLarge: () => new DiscordFailure(413, 40005, 'Request entity too large'),
  alreadyAcknowledged: () => new DiscordFailure(400, 40060, 'Interaction has already been acknowledged.'),
  missingAccess: () => new DiscordFailure(403, 50001, 'Missing Access'),
  notYourMessage: () => new DiscordFailure(403, 50005, 'Cannot edit a message authored by another user'),
  emptyMessage: () => new DiscordFailure(400, 50006, 'Cannot send an empty message'),
  missingPermissions: () => new DiscordFailure(403, 50013, 'Missing Permissions'),
  systemMessage: () => new DiscordFailure(403, 50021, 'Cannot execute action on a system message'),
  wrongChannelType: () => new DiscordFailure(400, 50024, 'Cannot execute action on this channel type'),
  invalidWebhookToken: () => new DiscordFailure(401, 50027, 'Invalid Webhook Token'),
  archived: () => new DiscordFailure(400, 50083, 'Thread is archived'),
  invalidJson: () => new DiscordFailure(400, 50109, 'The request body contains invalid JSON.'),
  threadExists: () => new DiscordFailure(400, 160004, 'A thread has already been created for this message'),
  locked: () => new DiscordFailure(403, 160005, 'Thread is locked'),
  tooManyThreads: () => new DiscordFailure(400, 160006, 'Maximum number of active threads reached'),
}
