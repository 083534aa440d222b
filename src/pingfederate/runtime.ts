import { type Dispatcher, request } from 'undici'
import { userAgent } from '../version.ts'
import { toConnectionFailure } from './failure.ts'

/** A login as a browser would begin it (OpenID Connect Core section 3.1.2.1). */
type AuthorizationRequest = {
  clientId: string
  redirectUri: string
  scopes: readonly string[]
  state: string
  nonce: string
  /** S256 (RFC 7636). */
  codeChallenge: string
}

/**
 * What a runtime node answers to a login of somebody who has no session.
 * - `known`: it knows client, redirect URI and scopes, and would have the person log in
 * - `refused`: it knows client and redirect URI, and says why there is no login
 * - `page`: a page in place of a redirect, which is what an unknown client or redirect URI is answered
 * - `elsewhere`: a redirect to somewhere else, or one that is not the answer to this request
 * - `unexpected`: an answer that no login has
 */
export type AuthorizationAnswer =
  | { kind: 'known' }
  | { kind: 'refused'; error: string }
  | { kind: 'page' }
  | { kind: 'elsewhere'; origin: string | undefined }
  | { kind: 'unexpected'; status: number }
  | { kind: 'unreachable'; reason: 'tls' | 'timeout' | 'unreachable'; code: string | undefined }

export type Runtime = {
  /** Base URLs of the runtime nodes; none where none are configured. */
  urls: readonly string[]
  /** Asks one node; never rejects for what the node does. */
  ask: (url: string, authorization: AuthorizationRequest, signal: AbortSignal) => Promise<AuthorizationAnswer>
}

/** Where PingFederate answers logins. */
const authorizationPath = '/as/authorization.oauth2'
/** Longer than an error page; nothing of it is read, but a connection can be used again only after it. */
const maxBodyBytes = 64 * 1024

/** Asks as a browser without cookies; what a redirect leads to is not called. */
export const createRuntime = ({
  urls,
  dispatcher,
}: Pick<Runtime, 'urls'> & { dispatcher: Dispatcher }): Runtime => ({
  urls,
  ask: async (url, authorization, signal) => {
    try {
      const answer = await request(`${url}${authorizationPath}?${toQuery(authorization)}`, {
        dispatcher,
        signal,
        headers: { accept: 'text/html', 'user-agent': userAgent },
      })
      // A body that does not end in time takes nothing from what the header says.
      await answer.body.dump({ limit: maxBodyBytes, signal }).catch(() => undefined)
      return toAnswer(answer, authorization)
    } catch (error) {
      return toUnreachable(error as Error & { code?: string }, signal)
    }
  },
})

/** Nobody is to be logged in: `prompt=none` has the node say so at the redirect URI (section 3.1.2.6). */
const toQuery = (authorization: AuthorizationRequest): URLSearchParams =>
  new URLSearchParams({
    response_type: 'code',
    client_id: authorization.clientId,
    redirect_uri: authorization.redirectUri,
    scope: authorization.scopes.join(' '),
    state: authorization.state,
    nonce: authorization.nonce,
    code_challenge: authorization.codeChallenge,
    code_challenge_method: 'S256',
    prompt: 'none',
  })

/** What only a node says that has found nothing wrong with the request (section 3.1.2.6). */
const needsPerson: ReadonlySet<string> = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
])

/** PingFederate's error page may have any of these. */
const pageStatuses: ReadonlySet<number> = new Set([200, 400, 401])

const toAnswer = (
  { statusCode: status, headers }: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'>,
  authorization: AuthorizationRequest,
): AuthorizationAnswer => {
  const { location } = headers
  if (status >= 300 && status < 400 && location !== undefined)
    return toRedirected(String(location), authorization)
  return pageStatuses.has(status) ? { kind: 'page' } : { kind: 'unexpected', status }
}

/** Whoever changes one character of the redirect URI gets the code of the login, so nothing is normalised. */
const toRedirected = (
  location: string,
  { redirectUri, state }: AuthorizationRequest,
): AuthorizationAnswer => {
  const [address, query = ''] = location.split(/[?#]/)
  const parameters = new URLSearchParams(query)
  const isAnswer = address === redirectUri && onlyOf(parameters, 'state') === state
  if (!isAnswer) return { kind: 'elsewhere', origin: URL.parse(location)?.origin }
  const error = onlyOf(parameters, 'error')
  // With a code the node logs people in without asking them, which only makes it more certain that it knows the client.
  if (error === undefined && onlyOf(parameters, 'code') !== undefined) return { kind: 'known' }
  if (error !== undefined && needsPerson.has(error)) return { kind: 'known' }
  return { kind: 'refused', error: error !== undefined && errorCode.test(error) ? error : 'unknown' }
}

/** Of RFC 6749 section 4.1.2.1 and its extensions; the answer shows nothing else. */
const errorCode = /^[a-z_]{1,64}$/

const onlyOf = (parameters: URLSearchParams, name: string): string | undefined => {
  const [value, ...others] = parameters.getAll(name)
  return others.length === 0 ? value : undefined
}

const toUnreachable = (error: Error & { code?: string }, { aborted }: AbortSignal): AuthorizationAnswer => {
  if (aborted) return { kind: 'unreachable', reason: 'timeout', code: undefined }
  const reason = toConnectionFailure(error).kind === 'tls' ? 'tls' : 'unreachable'
  return { kind: 'unreachable', reason, code: error.code }
}
