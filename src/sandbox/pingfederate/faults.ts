/** An answer that PingFederate, or a proxy before it, isn't meant to give. */
export type OddAnswer =
  /** The socket is reset without an answer. */
  | { readonly kind: 'drop' }
  /** Any status; a body that is not a string or Buffer is sent as JSON. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: unknown
    }
  | { readonly kind: 'redirect'; readonly location: string }
  /** The usual status with JSON that is cut off. */
  | { readonly kind: 'malformed-json' }
  /** The usual status with nothing. */
  | { readonly kind: 'empty' }
  /** The usual status with a login page. */
  | { readonly kind: 'html' }
  /** The usual answer, but about another client. */
  | { readonly kind: 'other-client'; readonly clientId: string }
  /** The usual status with that many bytes of JSON; Infinity never ends. */
  | { readonly kind: 'huge'; readonly bytes: number }
  /** The usual answer byte by byte. */
  | { readonly kind: 'drip'; readonly intervalMs: number }
  /** The usual answer, after which the kept-alive connection is closed without a word. */
  | { readonly kind: 'close' }

/** What goes wrong with one request, in the order of the fields. */
export interface Fault {
  readonly delayMs?: number
  /** Acting waits for it: lets a test decide about the order of things without sleeping. */
  readonly actAfter?: Promise<unknown>
  /** Whether the request takes effect; true unless said otherwise. */
  readonly acts?: boolean
  readonly holdMs?: number
  /** The answer waits for it. */
  readonly answerAfter?: Promise<unknown>
  /** The usual answer when absent. */
  readonly answer?: OddAnswer
}

/** Which requests a fault strikes: all when empty. The path has no `/pf-admin-api/v1`. */
interface Match {
  readonly method?: string
  readonly path?: string | RegExp
}

/** A fault in waiting. */
interface Planned {
  /** Settles when a request has been struck and has been acted upon, or not, before it is answered. */
  readonly struck: Promise<void>
  readonly remove: () => void
}

/** The switchboard of a stand-in's faults. */
export interface Faults {
  /** Strikes the next matching request only; several queue up. */
  readonly next: (plan: { match?: Match; fault: Fault }) => Planned
  /** Strikes every matching request for which nothing is queued. */
  readonly always: (plan: { match?: Match; fault: Fault }) => Planned
  readonly clear: () => void
}

/** A fault that has found its request. */
export interface Strike {
  readonly fault: Fault
  readonly acted: () => void
}

interface Entry extends Strike {
  readonly match: Match
  readonly once: boolean
}

/** An empty switchboard, and the stand-in's side of it. */
export function createFaults(): {
  faults: Faults
  take: (method: string, path: string) => Strike | undefined
} {
  let entries: readonly Entry[] = []

  function remove(entry: Entry): void {
    entries = entries.filter(other => other !== entry)
  }

  function plan(match: Match, fault: Fault, once: boolean): Planned {
    const { promise: struck, resolve: acted } = Promise.withResolvers<void>()
    const entry = { match, fault, once, acted }
    entries = once ? [...entries, entry] : [entry, ...entries]
    return { struck, remove: () => remove(entry) }
  }

  function take(method: string, path: string): Strike | undefined {
    if (entries.length === 0) return undefined
    const matching = entries.filter(({ match }) => matches(match, method, path))
    const entry = matching.find(({ once }) => once) ?? matching[0]
    if (entry?.once) remove(entry)
    return entry
  }

  const faults: Faults = {
    next: ({ match = {}, fault }) => plan(match, fault, true),
    always: ({ match = {}, fault }) => plan(match, fault, false),
    clear() {
      entries = []
    },
  }
  return { faults, take }
}

function matches(match: Match, method: string, path: string): boolean {
  if (match.method !== undefined && match.method !== method) return false
  if (match.path instanceof RegExp) return match.path.test(path)
  return match.path === undefined || match.path === path
}
