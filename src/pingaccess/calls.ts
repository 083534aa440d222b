import { createAccount } from '../pingfederate/account.ts'
import type { AdminApiConfig } from '../pingfederate/config.ts'
import { type FailureKind, PingFederateFailure } from '../pingfederate/failure.ts'
import { createIdentity, type Identity } from '../pingfederate/identity.ts'
import { isJson, type Json } from '../pingfederate/json.ts'
import { bodyOf } from '../pingfederate/parse-answer.ts'
import { type AdminApi, type ApiCall, createTransport } from '../pingfederate/transport.ts'
import { isApiError, parseApiError } from './api-error.ts'
import { PingAccessFailure } from './failure.ts'

const api: AdminApi = {
  path: '/pa-admin-api/v3',
  xsrfHeader: 'PingAccess',
  isOwnError: isApiError,
  parseOwnError: parseApiError,
  // Lists come whole: some thousand applications.
  maxResponseBytes: 16 * 1024 * 1024,
}

/** How long credentials that PingAccess refused are left alone, in milliseconds, unless their file changes. */
const credentialsPauseMs = 90_000

/** A call that was made, and how it ended. */
export type MadeCall = {
  method: 'GET' | 'POST' | 'PUT'
  outcome: 'ok' | FailureKind
  seconds: number
}

export type CallOptions = {
  now: () => number
  onCall: (call: MadeCall) => void
  onReread: Parameters<typeof createIdentity>[1]['onReread']
  /** Told when PingAccess begins to refuse the credentials, and when it accepts them again. */
  onCredentials: (isAccepted: boolean, failure?: unknown) => void
}

/**
 * Calls to PingAccess's administrative API. Every one rejects with a {@link PingAccessFailure}: `unexpected` as well
 * where there is no such thing, or where `parse` makes nothing of the answer.
 */
export type PingAccessCalls = {
  get: <T>(path: string, parse: (body: Json) => T | undefined) => Promise<T>
  /** The items of a list, each as it is parsed. */
  list: <T>(path: string, parse: (item: Json) => T) => Promise<T[]>
  /** PingAccess answers 200 to a POST, too. */
  write: <T>(call: Write, parse: (body: Json) => T | undefined) => Promise<T>
  /** The same for whoever looks in the background: credentials that were refused are not tried again for it. */
  sparing: Pick<PingAccessCalls, 'get' | 'list'>
  close: () => Promise<void>
}

type Write = Pick<ApiCall<unknown>, 'path' | 'secrets'> & { method: 'POST' | 'PUT'; body: unknown }

type Sent = Omit<ApiCall<unknown>, 'read' | 'method'> & Pick<MadeCall, 'method'>

export const createCalls = (
  config: AdminApiConfig,
  { now, onReread, onCredentials, onCall }: CallOptions,
): PingAccessCalls => {
  const identity: Identity = createIdentity(config, { now, onReread })
  const transport = createTransport(config, { identity, now, api })
  const account = createAccount({ identity, now, pauseMs: credentialsPauseMs, onChange: onCredentials })

  const watch = async <T>({ method }: Pick<Sent, 'method'>, run: () => Promise<T>): Promise<T> => {
    const beganAt = performance.now()
    const end = (outcome: MadeCall['outcome']) =>
      onCall({ method, outcome, seconds: (performance.now() - beganAt) / 1_000 })
    try {
      const answer = await run()
      end('ok')
      return answer
    } catch (error) {
      end(error instanceof PingFederateFailure ? error.kind : 'unexpected')
      throw error
    }
  }
  const send = async <T>(call: Sent, parse: (body: Json) => T | undefined, isSparing = false) => {
    const read: ApiCall<T>['read'] = answer => {
      const body = bodyOf(answer, 200)
      const found = isJson(body) ? parse(body) : undefined
      if (found === undefined) throw new PingFederateFailure('unexpected', { status: answer.status })
      return found
    }
    try {
      const refusal = await account.findRefusal(isSparing)
      if (refusal) throw refusal
      return await account.use(() => watch(call, () => transport.call({ ...call, read })), isSparing)
    } catch (error) {
      throw error instanceof PingFederateFailure ? new PingAccessFailure(error) : error
    }
  }
  const createReads = (isSparing: boolean): Pick<PingAccessCalls, 'get' | 'list'> => {
    const get: PingAccessCalls['get'] = (path, parse) => send({ method: 'GET', path }, parse, isSparing)
    return {
      get,
      list: (path, parse) =>
        get(path, ({ items }) => (Array.isArray(items) ? items.filter(isJson).map(parse) : undefined)),
    }
  }
  return {
    ...createReads(false),
    sparing: createReads(true),
    write: (call, parse) => send(call, parse),
    close: transport.close,
  }
}
