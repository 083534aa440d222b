import * as openid from 'openid-client'

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
  const callback = await clickThrough(start, new URL(redirectUri), login.person)
  return await openid.authorizationCodeGrant(configuration, callback, {
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

/** Follows redirects and clicks the one button of every page until the redirect URI is reached. */
async function clickThrough(start: URL, redirectUri: URL, person: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = start
  let form: URLSearchParams | undefined
  // Login and approval are two pages with two redirects each; anything much longer goes round in circles.
  for (let step = 0; step < 12 && url.origin === start.origin; step += 1) {
    const response = await visit(url, form, cookies)
    const location = response.headers.get('location')
    form = undefined
    if (location !== null) {
      url = new URL(location, url)
      if (url.origin === redirectUri.origin && url.pathname === redirectUri.pathname) return url
    } else {
      const click = findClick(await response.text(), person)
      url = new URL(click.action, url)
      form = click.form
    }
  }
  throw new LoginFailed('the login never came back to the application')
}

async function visit(
  url: URL,
  form: URLSearchParams | undefined,
  cookies: Map<string, string>,
): Promise<Response> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await fetch(url, {
    redirect: 'manual',
    headers: { cookie },
    ...(form === undefined ? {} : { method: 'POST', body: form }),
  })
  for (const line of response.headers.getSetCookie()) {
    const [pair = ''] = line.split(';')
    const [name = '', ...value] = pair.split('=')
    cookies.set(name, value.join('='))
  }
  return response
}

function findClick(html: string, person: string): { action: string; form: URLSearchParams } {
  const [, action] = /<form method="post" action="([^"]+)"/.exec(html) ?? []
  const buttons = [...html.matchAll(/<button name="([^"]+)" value="([^"]+)"/g)]
  const button = buttons.find(([, , value]) => value === person || value === 'approve')
  const [, name, value] = button ?? []
  if (action === undefined || name === undefined || value === undefined) {
    throw new LoginFailed(html.replaceAll(/<style>.*<\/style>|<[^>]+>/gs, ' ').trim())
  }
  return { action, form: new URLSearchParams({ [name]: value }) }
}
