import { type Access, HUB_URL } from './endpoint.ts'
import { HubError, type Subject } from './failure.ts'
import { failureOfError, failureOfResponse } from './request.ts'
import { PATIENT, type Patience, withRetries } from './retry.ts'

/** What @huggingface/hub adds to a request that is to tell how far it has come. */
interface ProgressHint {
  progressCallback: (share: number) => void
  part?: number
  numParts?: number
}

/**
 * The fetch that @huggingface/hub is given: it has no retries of its own, and its errors are not ours. Refusals come out
 * as HubError; everything but a creation or a commit is tried again where that helps; uploads tell how far they are.
 */
export function publishFetch({
  access,
  subject,
  patience = PATIENT,
}: {
  access: Access
  subject: Subject
  patience?: Patience
}): typeof fetch {
  const { fetch: fetcher = fetch, hubUrl = HUB_URL, token = null, signal } = access
  const shares = new WeakMap<ProgressHint['progressCallback'], Map<number, number>>()
  return (input, init) => {
    const url = input instanceof Request ? input.url : input.toString()
    const repeatable = !/\/api\/repos\/create$|\/commit\//.test(new URL(url).pathname)
    return withRetries({
      patience: repeatable ? patience : { ...patience, attempts: 1 },
      signal,
      attempt: async () => {
        let response: Response
        try {
          response = await fetcher(input, withProgress(init, shares))
        } catch (error) {
          signal?.throwIfAborted()
          throw new HubError(failureOfError(error), { hubUrl, token })
        }
        if (response.ok) return response
        throw new HubError(await failureOfResponse({ response, subject, signedIn: token !== null }), { hubUrl, token })
      },
    })
  }
}

/** Sends a Blob as a stream that counts. Its length is said: storage refuses an upload without. */
function withProgress(
  init: RequestInit | undefined,
  shares: WeakMap<ProgressHint['progressCallback'], Map<number, number>>,
): RequestInit | undefined {
  const hint = init !== undefined && 'progressHint' in init ? (init.progressHint as ProgressHint) : null
  if (!init || !hint || !(init.body instanceof Blob)) return init
  const { size } = init.body
  const parts = shares.get(hint.progressCallback) ?? new Map<number, number>()
  shares.set(hint.progressCallback, parts)
  let sent = 0
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sent += chunk.length
      parts.set(hint.part ?? 0, sent / size)
      const share = [...parts.values()].reduce((sum, each) => sum + each, 0) / (hint.numParts ?? 1)
      // The client itself says when it is whole.
      hint.progressCallback(Math.min(share, 0.999))
      controller.enqueue(chunk)
    },
  })
  const headers = new Headers(init.headers)
  headers.set('content-length', String(size))
  return { ...init, headers, body: init.body.stream().pipeThrough(counting), duplex: 'half' }
}
