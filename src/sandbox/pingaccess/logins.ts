import type { IncomingMessage } from 'node:http'
import * as openid from 'openid-client'
import { readCookies, toCookie } from './cookies.ts'
import type { Installation } from './installation.ts'
import type { WebSession } from './schema.ts'
import { discoverFor } from './token-provider.ts'

/** A login that waits for its code. */
interface Login {
  readonly webSession: WebSession
  readonly redirectUri: string
  /** What was asked for, and is shown afterwards. */
  readonly url: string
  readonly nonce: string
  readonly codeVerifier: string | undefined
}

/** What PingAccess asks for where a web session names no scopes. */
const usualScopes = ['profile', 'email', 'address', 'phone']

/** Logins from their redirect to PingFederate to their tokens. */
export function createLogins(installation: Installation) {
  const logins = new Map<string, Login>()

  return {
    /** Where to send the browser, and the cookie by which it is known again. */
    async begin(webSession: WebSession, { redirectUri, url }: Pick<Login, 'redirectUri' | 'url'>) {
      const state = openid.randomState()
      const nonce = openid.randomNonce()
      const usesPkce = webSession.pkceChallengeType === 'SHA256'
      const codeVerifier = usesPkce ? openid.randomPKCECodeVerifier() : undefined
      const login = { webSession, redirectUri, url, nonce, codeVerifier }
      const configuration = await discoverFor(installation, webSession)
      const parameters = { ...(await toParameters(login)), state }
      const location = webSession.enablePushAuthorization
        ? await openid.buildAuthorizationUrlWithPAR(configuration, parameters)
        : openid.buildAuthorizationUrl(configuration, parameters)
      logins.set(state, login)
      return { location: location.href, cookie: toCookie(toName(state), nonce, webSession) }
    },

    /** The login whose answer this is, with the claims of its ID token; a code is redeemed only for the browser that began. */
    async finish(request: IncomingMessage, answer: URLSearchParams) {
      const state = answer.get('state') ?? ''
      const login = logins.get(state)
      if (login === undefined || readCookies(request).get(toName(state)) !== login.nonce)
        throw new Error('no login of this browser has begun with this state')
      logins.delete(state)
      const { webSession, redirectUri, url, nonce, codeVerifier } = login
      const configuration = await discoverFor(installation, webSession)
      const tokens = await openid.authorizationCodeGrant(configuration, new URL(`${redirectUri}?${answer}`), {
        expectedState: state,
        expectedNonce: nonce,
        ...(codeVerifier === undefined ? {} : { pkceCodeVerifier: codeVerifier }),
      })
      const claims = tokens.claims()
      if (claims === undefined) throw new Error('the token provider sent no ID token')
      return { webSession, url, claims, cookie: toCookie(toName(state), undefined) }
    },
  }
}

/** Of the cookie of one login: a person may begin several at a time. */
function toName(state: string): string {
  return `nonce.${state.slice(0, 8)}`
}

/** The authorization request. */
async function toParameters({ webSession, redirectUri, url, nonce, codeVerifier }: Login) {
  const { oidcLoginType = 'Code', scopes = usualScopes, promptParameter = [] } = webSession
  return {
    redirect_uri: redirectUri,
    nonce,
    scope: ['openid', ...scopes].join(' '),
    ...(oidcLoginType === 'Code' ? {} : { response_type: 'id_token', response_mode: 'form_post' }),
    ...(promptParameter.length === 0 ? {} : { prompt: promptParameter.join(' ') }),
    ...(webSession.sendRequestedUrlToProvider ? { vnd_pi_requested_resource: url } : {}),
    ...(codeVerifier === undefined
      ? {}
      : {
          code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: 'S256',
        }),
  }
}
