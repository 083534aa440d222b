import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { createKey, sign } from '../authentication/issuer.ts'
import { audience } from '../service.ts'
import { missingBrowser, openTab } from './browser.ts'
import { execute, openOperation, signIn, startWithSignIn } from './swagger-ui.ts'

const prefix = 'api://0d9e7a54-3c0e-4a6f-9b56-6a1c8f7f2d31/'

const answerJson = (response: ServerResponse, body: unknown): void =>
  void response
    .setHeader('access-control-allow-origin', '*')
    .setHeader('access-control-allow-headers', 'x-requested-with')
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify(body))

/**
 * An issuer that does with scopes what Entra ID does: it is asked for them by their full names, refuses any other, and
 * writes the short ones into `scp`. Its page has one button, and it has one person.
 */
const startIssuer = async (t: TestContext) => {
  const key = await createKey('first')
  let granted = ''
  const asked: string[] = []
  const answers: Record<string, (response: ServerResponse, sent: URLSearchParams) => Promise<void> | void> = {
    '/.well-known/openid-configuration': response =>
      answerJson(response, {
        issuer: url,
        jwks_uri: `${url}/keys`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
      }),
    '/keys': response => answerJson(response, { keys: [key.jwk] }),
    '/authorize': (response, sent) => {
      const scopes = (sent.get('scope') ?? '').split(' ')
      asked.push(...scopes)
      if (!scopes.every(scope => scope.startsWith(prefix))) return void response.writeHead(400).end()
      granted = scopes.map(scope => scope.slice(prefix.length)).join(' ')
      response.setHeader('content-type', 'text/html').end(`<!doctype html><title>Sign in</title>
        <form action="${sent.get('redirect_uri')}"><input type="hidden" name="code" value="a-code">
        <input type="hidden" name="state" value="${sent.get('state')}"><button>Ana</button></form>`)
    },
    '/token': async response => {
      const exp = Math.floor(Date.now() / 1_000) + 300
      const claims = { iss: url, aud: audience, sub: 'ana', groups: ['payments'], scp: granted, exp }
      answerJson(response, { access_token: await sign(key, claims, { typ: 'JWT' }), token_type: 'Bearer' })
    },
  }
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', url)
    await text(request)
    await answers[pathname]?.(response, searchParams)
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, asked }
}

test('a person signs in at an issuer that is asked for scopes by full names, as Entra ID is, and creates a client', {
  skip: missingBrowser,
  timeout: 120_000,
}, async t => {
  const issuer = await startIssuer(t)
  const { url } = await startWithSignIn(t, { JWT_ISSUER: issuer.url, SWAGGER_UI_SCOPE_PREFIX: prefix })
  const tab = await openTab(t)
  await tab.page.goto(`${url}/documentation`)
  await signIn(tab, 'Ana', [], prefix)
  const { status, text } = await execute(await openOperation(tab.page, 'Create a web session client'))
  assert.equal(status, '201', text)
  assert.deepEqual(
    issuer.asked,
    ['web-session-clients:read', 'web-session-clients:write', 'secrets:redeem'].map(each => prefix + each),
  )
  assert.deepEqual(tab.complaints, [])
})
