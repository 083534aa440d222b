import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { startTestService } from '../service.ts'
import { badAddressees, badSubjects, badTimes, badUses } from './bad-tokens/claims.ts'
import { type BadTokens, createForgeKeys, type Forge, signClaims, signTexts } from './bad-tokens/forge.ts'
import { badHeaders, badKeySources, badKeys, badKinds } from './bad-tokens/headers.ts'
import { badPayloads } from './bad-tokens/payloads.ts'
import { badSignatures } from './bad-tokens/signatures.ts'
import { badTexts } from './bad-tokens/texts.ts'
import { startIssuer } from './issuer.ts'
import { stopClock } from './protected-app.ts'

/** A server that tokens name and nothing may connect to. */
const startTrap = async (t: TestContext) => {
  let connections = 0
  const server = createServer((_request, response) => void response.end('{"keys":[]}'))
  server.on('connection', () => {
    connections += 1
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
  }
}

/** The service, an issuer whose keys can be confused, and what a forger knows. */
const startForge = async (t: TestContext) => {
  const clock = stopClock(t)
  const { stranger, ...published } = await createForgeKeys()
  const issuer = await startIssuer(t, Object.values(published) as never)
  const trap = await startTrap(t)
  const { url, logLines } = await startTestService(t, { env: { JWT_ISSUER: issuer.url } })
  const now = clock.nowSeconds()
  const claims = {
    ...{ iss: issuer.url, aud: 'https://clients.test', sub: 'caller', iat: now, exp: now + 300 },
    ...{ scope: 'web-session-clients:read', groups: ['payments'] },
  }
  const good = signClaims(claims, published.first)
  const forge: Forge = { ...published, stranger, now, claims, good, trap: trap.url }
  return { forge, trap, logLines, call: createCall(t, url) }
}

/** Sends a header field as it is: fetch would trim or refuse some. */
const createCall = (t: TestContext, url: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  return async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const sent = request(`${url}/web-session-clients`, { agent, headers }).end()
    const [response] = await once(sent, 'response')
    const text = Buffer.concat(await response.toArray()).toString('utf8')
    return { status: response.statusCode, headers: response.headers, text }
  }
}

type Answer = Awaited<ReturnType<ReturnType<typeof createCall>>>

/** What is seen of an answer, and what is to be seen of every refused token (RFC 6750 section 3, RFC 9457). */
const seen = ({ status, headers, text }: Answer) => {
  const { code, detail } = JSON.parse(text)
  return { status, type: headers['content-type'], challenge: headers['www-authenticate'], code, detail }
}
const refusal = (told: string) => ({
  status: 401,
  type: 'application/problem+json; charset=utf-8',
  challenge: `Bearer realm="web-session-clients", error="invalid_token", error_description="${told}"`,
  code: 'invalid_token',
  detail: told,
})

/** Long enough to be of this token only. */
const piecesOf = (token: string): string[] =>
  token
    .split('.')
    .slice(1)
    .filter(part => part.length >= 20)
    .map(part => part.slice(0, 20))

const listGroups = (forge: Forge): BadTokens[] =>
  [
    ...[badAddressees, badSubjects, badUses, badTimes, badPayloads],
    ...[badKinds, badHeaders, badKeys, badKeySources, badSignatures, badTexts],
  ].flatMap(list => list(forge))

test('401 for every bad token, saying why, and nobody asks the addresses it names', async t => {
  const { forge, trap, logLines, call } = await startForge(t)
  const groups = listGroups(forge)
  const all = groups.flatMap(({ tokens }) => tokens)
  assert.ok(all.length > 200)
  assert.equal(new Set(all.map(([, token]) => token)).size, all.length, 'one of them is there twice')
  assert.equal((await call(forge.good)).status, 200)
  for (const { because, told, tokens } of groups) {
    await t.test(because, async () => {
      for (const [what, token] of tokens) {
        const answer = await call(token)
        assert.deepEqual({ what, ...seen(answer) }, { what, ...refusal(told) })
        for (const piece of piecesOf(token)) assert.ok(!answer.text.includes(piece), what)
      }
    })
  }
  assert.equal((await call(forge.good)).status, 200)
  const log = logLines.join('')
  assert.ok(!/"level":"(error|fatal)"/.test(log))
  for (const [what, token] of all) for (const piece of piecesOf(token)) assert.ok(!log.includes(piece), what)
  assert.equal(trap.connections(), 0)
  await (await fetch(trap.url)).text()
  assert.equal(trap.connections(), 1, 'the trap does not see who comes')
})

/** Tokens that look like bad ones and are as the RFCs have them. */
const unusual = ({ now, claims, first, trap, stranger }: Forge): [string, string][] => {
  const change = (changes: Record<string, unknown>) => signClaims({ ...claims, ...changes }, first)
  const header = (changes: Record<string, unknown>) => signClaims(claims, first, changes)
  return [
    ['one of several auds', change({ aud: ['https://a.test', 'https://clients.test'] })],
    ['expired for exactly the tolerance', change({ exp: now - 30 })],
    ['exp in exactly a day', change({ exp: now + 24 * 3600 })],
    ['exp with a fraction (RFC 7519 section 2)', change({ exp: now + 300.5 })],
    ['nbf in exactly the tolerance', change({ nbf: now + 30 })],
    ['iat in exactly the tolerance', change({ iat: now + 30 })],
    ['no iat', change({ iat: undefined })],
    ['a long sub', change({ sub: 'x'.repeat(256) })],
    ['a sub that begins as the service’s name', change({ sub: 'web-session-clients' })],
    ['a sub with the service’s name inside', change({ sub: 'team:web-session-clients:x' })],
    ['a sub in another script', change({ sub: 'Агнешка 花子' })],
    ['no kid, and one key that fits', header({ kid: undefined })],
    ...['at+jwt', 'AT+JWT', 'application/at+jwt', 'JWT', undefined].map((typ): [string, string] => [
      `typ ${typ}`,
      header({ typ }),
    ]),
    ['key addresses that nobody asks', header({ jku: `${trap}/jwks`, x5u: `${trap}/x`, jwk: stranger.jwk })],
    ['white space in the claims', signTexts(`{"alg":"ES256"}`, JSON.stringify(claims, null, 2), first)],
    [
      'escapes in the claims',
      signTexts(`{"alg":"ES256"}`, JSON.stringify(claims).replaceAll('/', '\\/'), first),
    ],
  ]
}

test('200 for tokens at the edge of what is accepted, without a look at the addresses they name', async t => {
  const { forge, trap, call } = await startForge(t)
  for (const [what, token] of unusual(forge)) {
    await t.test(what, async () => {
      const { status, text } = await call(token)
      assert.equal(status, 200, text)
    })
  }
  assert.equal(trap.connections(), 0)
})
