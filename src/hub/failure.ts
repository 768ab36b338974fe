import { UserError } from '../user-error.ts'
import type { Token } from './token.ts'

/** What a request is about, for the sentence that a person reads. */
export interface Subject {
  type: 'model' | 'dataset' | 'account' | 'search'
  /** A repository's name; empty for an account or a search. */
  name: string
}

/** Everything that can go wrong with the Hub, told apart by who must do what. */
export type HubFailure =
  | { is: 'unauthorized'; subject: Subject }
  | { is: 'forbidden'; subject: Subject; said: string | null }
  | { is: 'gated'; subject: Subject; signedIn: boolean; waiting: boolean }
  | { is: 'missing'; subject: Subject; signedIn: boolean }
  | { is: 'no-revision'; subject: Subject; revision: string | null }
  | { is: 'no-file'; subject: Subject; path: string | null }
  | { is: 'disabled'; subject: Subject }
  | { is: 'rate-limited'; retryAfter: number | null; signedIn: boolean }
  | { is: 'unavailable'; status: number; retryAfter: number | null }
  | { is: 'unreachable'; code: string; transient: boolean }
  | { is: 'cut'; subject: Subject; received: number; of: number }
  | { is: 'offline'; subject: Subject }
  | { is: 'disk-full'; folder: string; needs: number | null; free: number | null }
  | { is: 'corrupt'; subject: Subject; path: string; expected: string; got: string }
  | { is: 'conflict'; subject: Subject }
  | { is: 'refused'; status: number; said: string | null }
  | { is: 'not-understood'; url: string; what: string }

/** A failure on its way to a person: message and remedy are whole sentences, and hold no token. */
export class HubError extends UserError {
  declare readonly code: string
  readonly failure: HubFailure

  /** Its code is `hub-` and what it is: `hub-gated`. */
  constructor(failure: HubFailure, { hubUrl, token }: { hubUrl: string; token: Token | null }) {
    const { message, remedy } = sayFailure(failure, { hubUrl, token })
    super(message, remedy, `hub-${failure.is}`)
    this.failure = failure
  }
}

/** Where a person goes, and the token whose owner is meant. */
interface Place {
  hubUrl: string
  token: Token | null
}

/** The sentence for people, and who must do what. */
export function sayFailure(failure: HubFailure, { hubUrl, token }: Place): { message: string; remedy: string } {
  switch (failure.is) {
    case 'unauthorized':
      return {
        message: `The Hub does not accept the token from ${token?.source ?? 'this bot'}: it has expired, was revoked or is mistyped.`,
        remedy: `${keeper(token)} makes a new one at ${hubUrl}/settings/tokens and puts it there.`,
      }
    case 'forbidden':
      return {
        message: `The token from ${token?.source ?? 'this bot'} may not do this with ${named(failure.subject)}.${quoted(failure.said)}`,
        remedy: `${keeper(token)} gives it the right at ${hubUrl}/settings/tokens (publishing needs write access to the namespace), or another namespace is taken.`,
      }
    case 'gated':
      return sayGated(failure, { hubUrl, token })
    case 'missing':
      return {
        message: `There is no ${named(failure.subject)} on the Hub, or it is private: the Hub gives the same answer to both.`,
        remedy: failure.signedIn
          ? `Check the spelling. If it is private, its owner gives the account behind the token from ${token?.source ?? 'this bot'} access to it.`
          : `Check the spelling. If it is private, whoever runs the bot sets HF_TOKEN to a token of an account that may read it.`,
      }
    case 'no-revision':
      return {
        message: `The ${named(failure.subject)} has no revision ${failure.revision === null ? 'of that name' : `\`${failure.revision}\``}.`,
        remedy: `Take \`main\`, or one that is listed at ${pageOf(failure.subject, hubUrl)}/tree/main.`,
      }
    case 'no-file':
      return {
        message: `The ${named(failure.subject)} has no file ${failure.path === null ? 'of that name' : `\`${failure.path}\``}.`,
        remedy: `What it has is listed at ${pageOf(failure.subject, hubUrl)}/tree/main.`,
      }
    case 'disabled':
      return {
        message: `The Hub has switched off access to the ${named(failure.subject)}.`,
        remedy: 'Nobody here can change that: take another one.',
      }
    case 'rate-limited':
      return {
        message: `The Hub asks to wait${failure.retryAfter === null ? '' : ` ${spoken(failure.retryAfter)}`}: too many requests came from here.`,
        remedy: failure.signedIn
          ? 'Try again then. Nothing is lost: what was downloaded is kept.'
          : 'Try again then. With a token (HF_TOKEN) the Hub allows far more requests.',
      }
    case 'unavailable':
      return {
        message: `The Hub has a problem of its own (it answered ${failure.status}).`,
        remedy: 'Nothing needs to be changed here: try again in a few minutes. What was downloaded is kept.',
      }
    case 'unreachable':
      return {
        message: `The Hub at ${hubUrl} cannot be reached from this machine (${failure.code}).`,
        remedy:
          'Check the network and the proxy of the machine that runs the bot. What is in the cache, and everything named `builtin/…`, works without it.',
      }
    case 'cut':
      return {
        message: `The connection was cut again and again while the ${named(failure.subject)} was downloaded (${failure.received} of ${failure.of} bytes came).`,
        remedy: 'Start it again: it goes on where it ended.',
      }
    case 'offline':
      return {
        message: `HF_HUB_OFFLINE is set, and ${nounOf(failure.subject)} is not in this machine's cache.`,
        remedy: `Whoever runs the bot unsets HF_HUB_OFFLINE once, or brings it into the cache: \`hf download ${failure.subject.type === 'dataset' ? '--repo-type dataset ' : ''}${failure.subject.name}\`.`,
      }
    case 'disk-full':
      return {
        message: `The disk of ${failure.folder} is full${failure.needs === null ? '' : `: ${bytes(failure.needs)} more are needed`}${failure.free === null ? '' : `, ${bytes(failure.free)} are free`}.`,
        remedy:
          'Whoever runs the bot frees space there, or points HF_HOME at a larger disk. What was downloaded is kept.',
      }
    case 'corrupt':
      return {
        message: `\`${failure.path}\` of the ${named(failure.subject)} came damaged, twice: expected ${failure.expected}, got ${failure.got}.`,
        remedy: 'It was thrown away. Try again; if it comes back, a proxy between here and the Hub changes the data.',
      }
    case 'conflict':
      return {
        message: `Somebody else changed the ${named(failure.subject)} on the Hub at the same moment.`,
        remedy: 'Publish again: it starts from what is there now.',
      }
    case 'refused':
      return {
        message: `The Hub refused this (${failure.status}).${quoted(failure.said)}`,
        remedy: 'If that says nothing to you, show it to whoever runs the bot.',
      }
    case 'not-understood':
      return {
        message: `The Hub gave an answer that is not understood here: ${failure.what}.`,
        remedy: `Is ${failure.url} a Hub? Whoever runs the bot checks HF_ENDPOINT, or updates this program.`,
      }
  }
}

function sayGated(failure: Extract<HubFailure, { is: 'gated' }>, { hubUrl, token }: Place) {
  const page = pageOf(failure.subject, hubUrl)
  const message = `The ${named(failure.subject)} is gated: its owner wants the terms to be accepted first.`
  if (!failure.signedIn) {
    return {
      message,
      remedy: `Someone with a Hub account accepts them at ${page}; then whoever runs the bot sets HF_TOKEN to a token of that account with read access to gated repositories.`,
    }
  }
  return {
    message: failure.waiting ? `${message} The owner has not yet said yes to this account.` : message,
    remedy: failure.waiting
      ? `Wait for the owner's answer, shown at ${page}, or take another one.`
      : `The person whose account the token from ${token?.source ?? 'this bot'} belongs to accepts them at ${page} (a fine-grained token also needs "read access to public gated repos").`,
  }
}

/** Who keeps the token, as the start of a sentence. */
function keeper(token: Token | null): string {
  return token?.keeper === 'admin' ? 'An admin of this server' : 'Whoever runs the bot'
}

function named({ type, name }: Subject): string {
  if (type === 'account') return 'account'
  return type === 'search' ? 'search' : `${type} \`${name}\``
}

function nounOf(subject: Subject): string {
  return subject.type === 'account' || subject.type === 'search' ? 'this' : `the ${named(subject)}`
}

function pageOf({ type, name }: Subject, hubUrl: string): string {
  return `${hubUrl}/${type === 'dataset' ? 'datasets/' : ''}${name}`
}

function quoted(said: string | null): string {
  return said === null ? '' : ` It says: “${said}”`
}

function spoken(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  return `${Math.ceil(seconds / 60)} min`
}

function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ''}`
}
