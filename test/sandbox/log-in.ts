import * as openid from 'openid-client'
import { createBrowser } from '../../src/sandbox/browser.ts'

/** A login as a browser and a web session would do it together. */
export interface Login {
  readonly issuer: string
  readonly clientId: string
  /** Absent for a public client such as Swagger UI's. */
  readonly clientSecret?: string
  readonly redirectUri: string
  /** `id` of the person who logs in. */
  readonly person: string
  /** Space-separated; `openid profile email` unless told otherwise. */
  readonly scope?: string
  /** Whether the web session uses PKCE; it does unless told otherwise. */
  readonly usesPkce?: boolean
}

/** A login that ended before the application had its tokens. */
export class LoginFailed extends Error {
  override readonly name = 'LoginFailed'
}

/** Logs a person in and returns the claims of the verified ID token. */
export async function logIn(login: Login): Promise<openid.IDToken> {
  const claims = (await fetchTokens(login)).claims()
  if (claims === undefined) throw new LoginFailed('the issuer sent no ID token')
  return claims
}

/**
 * Goes through the authorization code flow with a client library that knows nothing of the sandbox. Nothing listens
 * at the redirect URI: only its code is read.
 */
export async function fetchTokens(
  login: Login,
): Promise<openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers> {
  const { redirectUri, usesPkce = true, scope = 'openid profile email' } = login
  const configuration = await discover(login)
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const pkce = {
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  }
  const state = openid.randomState()
  // Without an ID token there is nothing for a nonce to stand in.
  const nonce = scope.split(' ').includes('openid') ? openid.randomNonce() : undefined
  const start = openid.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope,
    state,
    ...(nonce === undefined ? {} : { nonce }),
    ...(usesPkce ? pkce : {}),
  })
  await using browser = createBrowser({ person: login.person })
  const isCallback = (url: URL): boolean => `${url.origin}${url.pathname}` === redirectUri
  const { url, text } = await browser.open(start.href, isCallback)
  if (!isCallback(url)) throw new LoginFailed(text)
  return await openid.authorizationCodeGrant(configuration, url, {
    expectedState: state,
    ...(nonce === undefined ? {} : { expectedNonce: nonce }),
    ...(usesPkce ? { pkceCodeVerifier } : {}),
  })
}

async function discover({ issuer, clientId, clientSecret }: Login): Promise<openid.Configuration> {
  const authentication = clientSecret === undefined ? openid.None() : undefined
  return await openid.discovery(new URL(issuer), clientId, clientSecret, authentication, {
    // The sandbox's issuer is plain http on the loopback interface.
    execute: [openid.allowInsecureRequests],
  })
}
