/** What can be made to go wrong with a request. */
export type RequestFault =
  /** Answered so without being carried out. */
  | { is: 'answer'; status: number; body: object; headers?: Record<string, string> }
  /** Carried out after a wait, ms. */
  | { is: 'slow'; ms: number }
  /** Carried out; then the connection is cut before the reply. */
  | { is: 'lose reply' }
  /** Carried out; the reply never comes, until the client gives up. */
  | { is: 'hang' }

export interface Which {
  /** `POST /channels/:channel/messages`, or a pattern for such a line. Default: every request. */
  route?: string | RegExp
  /** How many requests it hits; default 1. */
  times?: number
}

export interface Faults {
  add(fault: RequestFault, which?: Which): void
  /** The fault for this request, if one is due. */
  take(line: string): RequestFault | null
  clear(): void
}

export function createFaults(): Faults {
  let due: { fault: RequestFault; route: string | RegExp; left: number }[] = []
  return {
    add: (fault, { route = /^/, times = 1 } = {}) => due.push({ fault, route, left: times }),
    take: (line) => {
      const hit = due.find(({ route }) => (typeof route === 'string' ? route === line : route.test(line)))
      if (hit === undefined) return null
      hit.left -= 1
      due = due.filter(({ left }) => left > 0)
      return hit.fault
    },
    clear: () => (due = []),
  }
}
