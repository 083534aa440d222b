import { singleFlight } from '../single-flight.ts'
import { userAgent } from '../version.ts'
import type { PingFederateCredentials } from './config.ts'
import { beforeTheCall, PingFederateFailure } from './failure.ts'
import type { Identity } from './identity.ts'
import { isJson } from './json.ts'
import { parseBody } from './parse-answer.ts'

/** How a call signs in: the value of `Authorization`, or none where the client certificate does it. */
export type Credentials = {
  /** @throws PingFederateFailure */
  authorization: () => Promise<string | undefined>
  /** Called after a 401 with the credentials that were refused; true when another try makes sense. */
  renew: (refused: string | undefined) => Promise<boolean>
}

type Options = {
  identity: Pick<Identity, 'credentials' | 'refresh'>
  /** POSTs a form to the token endpoint. */
  post: (url: string, init: { headers: Record<string, string>; body: string }) => Promise<TokenAnswer>
  now: () => number
}

/** What the token endpoint answers; of its `Retry-After` the seconds. */
type TokenAnswer = { status: number; text: string; retryAfterSeconds: number | undefined }

export const createCredentials = ({ identity, ...options }: Options): Credentials => {
  const { kind } = identity.credentials()
  if (kind === 'mutual-tls') return { authorization: async () => undefined, renew: identity.refresh }
  if (kind === 'oauth') return createTokenCredentials({ identity, ...options })
  const toAuthorization = (): string => {
    const { username, password } = identity.credentials() as Of<'basic'>
    return `Basic ${Buffer.from(`${username}:${password.reveal()}`).toString('base64')}`
  }
  return {
    authorization: async () => toAuthorization(),
    // Another call may have met the refusal first.
    renew: async refused => (await identity.refresh()) || toAuthorization() !== refused,
  }
}

type Of<Kind extends PingFederateCredentials['kind']> = Extract<PingFederateCredentials, { kind: Kind }>

/** A token this close to its end is not used any more, so that it does not end on the way. */
const marginMs = 30_000
const defaultLifetimeSeconds = 300
const minRenewalMs = 1_000

const createTokenCredentials = ({ identity, post, now }: Options): Credentials => {
  let current: { authorization: string; usableUntil: number } | undefined
  let renewedAt = Number.NEGATIVE_INFINITY

  const askForToken = async () => {
    const credentials = identity.credentials() as Of<'oauth'>
    return parseToken(await post(credentials.tokenUrl, tokenRequest(credentials)))
  }
  // One fetch in flight, however many calls wait for it.
  const fetchToken = singleFlight(async (): Promise<string> => {
    const token = await askForToken().catch(async error => {
      const isRefused = error instanceof PingFederateFailure && error.kind === 'credentials'
      if (isRefused && (await identity.refresh())) return askForToken()
      throw error
    })
    current = {
      authorization: `Bearer ${token.value}`,
      usableUntil: now() + Math.max(token.lifetimeMs - marginMs, token.lifetimeMs / 2),
    }
    return current.authorization
  })
  return {
    authorization: async () => {
      if (current && now() < current.usableUntil) return current.authorization
      return fetchToken().catch(error => Promise.reject(beforeTheCall(error, true)))
    },
    renew: async refused => {
      // Somebody has renewed it already, or is about to.
      if (current?.authorization !== refused) return true
      // A token can be revoked early; when fresh ones are refused as well, asking again only adds load.
      if (now() - renewedAt < minRenewalMs) return false
      renewedAt = now()
      current = undefined
      return true
    },
  }
}

/** RFC 6749 sections 2.3.1 and 4.4: client id and secret form-encoded inside HTTP Basic. */
const tokenRequest = ({ clientId, clientSecret, scope }: Of<'oauth'>) => ({
  headers: {
    authorization: `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret.reveal())}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': userAgent,
    accept: 'application/json',
  },
  body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) }).toString(),
})

const formEncode = (value: string): string => new URLSearchParams({ value }).toString().slice('value='.length)

const parseToken = (answer: TokenAnswer): { value: string; lifetimeMs: number } => {
  const body = parseBody(answer.text)
  const { access_token: value, expires_in: lifetime, token_type: type } = isJson(body) ? body : {}
  const isBearer = typeof type !== 'string' || type.toLowerCase() === 'bearer'
  if (answer.status !== 200 || typeof value !== 'string' || !/^[\x21-\x7E]+$/.test(value) || !isBearer)
    throw toTokenFailure(answer)
  const seconds = typeof lifetime === 'number' && lifetime > 0 ? lifetime : defaultLifetimeSeconds
  return { value, lifetimeMs: seconds * 1000 }
}

/** The form of the error codes of RFC 6749 section 5.2; a proxy's JSON says "Bad Request". */
const errorCode = /^[a-z]+(_[a-z]+)+$/

/**
 * A refusal in the words of RFC 6749 section 5.2 is the authorization server's own, and a 401 that is no page is taken
 * for its own, too: whoever goes on with credentials that were refused locks the account. A server that fails or asks
 * for patience refuses nothing, whatever it says.
 */
const toTokenFailure = ({ status, text, retryAfterSeconds }: TokenAnswer): PingFederateFailure => {
  if (status === 429) return new PingFederateFailure('busy', { status, retryAfterSeconds })
  if (status === 504) return new PingFederateFailure('timeout', { status })
  if (status >= 500) return new PingFederateFailure('server-error', { status })
  const body = parseBody(text)
  const error = isJson(body) ? body['error'] : undefined
  if (refusals.has(status) && typeof error === 'string' && errorCode.test(error)) {
    const resultId = error.slice(0, 100)
    return new PingFederateFailure('credentials', { status, speaker: 'itself', resultId, reason: resultId })
  }
  if (status === 401 && (text === '' || isJson(body)))
    return new PingFederateFailure('credentials', { status, speaker: 'unknown' })
  return new PingFederateFailure('unexpected', { status, speaker: 'another' })
}

/** RFC 6749 has 400 and 401; 403 is how some say that the client may not. */
const refusals: ReadonlySet<number> = new Set([400, 401, 403])
