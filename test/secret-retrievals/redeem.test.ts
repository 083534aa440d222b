import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, startTestService } from '../service.ts'
import { createRetrieval, lookUp, readRows, redeem, strangerToken } from './retrievals.ts'

/** What is different in every answer, and tells nothing of the token: what is left of the limit counts the request itself. */
const ofTheRequest = ['x-request-id', 'date', 'keep-alive', 'ratelimit-remaining', 'ratelimit-reset']

/** What an answer tells of the token. */
const whatItTellsOfTheToken = ({ status, headers, body }: Answer) => {
  const { instance, ...rest } = body
  const fields = [...headers].filter(([name]) => !ofTheRequest.includes(name))
  return { status, fields, body: rest }
}

test('200 once: the secret, not to be cached, and nothing else', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const { status, body, headers } = await redeem(service, token)
  assert.equal(status, 200)
  assert.equal(headers.get('cache-control'), 'no-store')
  const { clientSecret, redeemedAt, ...rest } = body
  assert.match(clientSecret, /^[A-Za-z0-9_-]{64}$/)
  assert.ok(Math.abs(Date.parse(redeemedAt) - Date.now()) < 60_000)
  assert.deepEqual(rest, { clientId: 'pa_wam', team: 'payments' })
})

test('410 the second time, telling by whom and when the secret was redeemed', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const { body: first } = await redeem(service, token, { as: 'portal' })
  const { status, body } = await redeem(service, token)
  assert.equal(status, 410)
  assert.equal(body.code, 'retrieval_redeemed')
  assert.ok(body.detail.includes('portal') && body.detail.includes(first.redeemedAt))
  assert.ok(!JSON.stringify(body).includes(first.clientSecret))
})

test('410 from the very moment the token expires, and the secret stays sealed', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const token = await createRetrieval(service, { ttlSeconds: 60 })
  now += 59_999
  assert.equal((await lookUp(service, token)).body.state, 'outstanding')
  now += 1
  const { status, body } = await redeem(service, token)
  assert.equal(status, 410)
  assert.equal(body.code, 'retrieval_expired')
  assert.equal((await lookUp(service, token)).body.state, 'expired')
})

test('200 in the last millisecond of the token', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const token = await createRetrieval(service, { ttlSeconds: 60 })
  now += 59_999
  assert.equal((await redeem(service, token)).status, 200)
})

test('410 redeemed also after the token has expired', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const token = await createRetrieval(service)
  await redeem(service, token)
  now += 3_600_000
  assert.equal((await redeem(service, token)).body.code, 'retrieval_redeemed')
})

test('404 for another team, byte by byte the answer for a token nobody has, whatever the state', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const as = 'shop-pipeline'
  const token = await createRetrieval(service)
  const expected = whatItTellsOfTheToken(await redeem(service, strangerToken, { as }))
  assert.equal(expected.status, 404)
  assert.equal(expected.body.code, 'retrieval_not_found')
  assert.deepEqual(whatItTellsOfTheToken(await redeem(service, token, { as })), expected)
  assert.equal((await redeem(service, token)).status, 200)
  assert.deepEqual(whatItTellsOfTheToken(await redeem(service, token, { as })), expected)
  const other = await createRetrieval(service, { clientId: 'other' })
  now += 1_000_000
  assert.deepEqual(whatItTellsOfTheToken(await redeem(service, other, { as })), expected)
})

test('404 for a caller without any team', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  assert.equal((await redeem(service, token, { as: 'operator' })).status, 404)
  assert.equal((await redeem(service, token)).status, 200)
})

test('200 for any member of the team, 404 for everybody but the requester when it is theirs alone', async t => {
  const service = await startTestService(t)
  const forTeam = await createRetrieval(service)
  assert.equal((await redeem(service, forTeam, { as: 'portal' })).status, 200)
  const own = await createRetrieval(service, { clientId: 'own', redeemableBy: 'requester' })
  const refused = await redeem(service, own, { as: 'portal' })
  assert.equal(refused.status, 404)
  assert.equal((await redeem(service, own)).status, 200)
  // Even after it has been redeemed the others learn nothing.
  assert.equal((await redeem(service, own, { as: 'portal' })).status, 404)
})

test('200 for whoever holds a bearer token and the scope', async t => {
  const service = await startTestService(t, { env: { ALLOW_BEARER_REDEMPTION: 'true' } })
  const token = await createRetrieval(service, { redeemableBy: 'bearer' })
  const scopeless = await service.sandbox.accessToken({
    service: 'shop-pipeline',
    scope: 'web-session-clients:read',
  })
  assert.equal((await redeem(service, token, { token: scopeless })).status, 403)
  assert.equal((await redeem(service, token, { as: null })).status, 401)
  assert.equal((await redeem(service, token, { as: 'shop-pipeline' })).status, 200)
})

test('200 for exactly one of 100 redemptions at once, 410 for the others', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const answers = await Promise.all(Array.from({ length: 100 }, () => redeem(service, token)))
  const won = answers.filter(({ status }) => status === 200)
  assert.equal(won.length, 1)
  assert.equal(answers.filter(({ status }) => status === 410).length, 99)
  const events = readRows(
    service.databasePath,
    "select * from audit_event where outcome = 'done' and action = 'secret.redeem'",
  )
  assert.equal(events.length, 1)
})

test('200 leaves nothing sealed behind, and tells the audit who redeemed', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const [before] = readRows(service.databasePath, 'select * from retrieval')
  assert.equal(typeof before?.['sealed'], 'string')
  const { headers } = await redeem(service, token)
  const [after] = readRows(service.databasePath, 'select * from retrieval')
  assert.equal(after?.['sealed'], null)
  assert.equal(after?.['redeemed_by'], 'payments-pipeline')
  const [event] = readRows(service.databasePath, "select * from audit_event where action = 'secret.redeem'")
  assert.equal(event?.['outcome'], 'done')
  assert.equal(event?.['subject'], 'payments-pipeline')
  assert.equal(event?.['request_id'], headers.get('x-request-id'))
})

test('422 for a mistyped token, by its checksum, without repeating it', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const mistyped = token.slice(0, 20) + (token[20] === 'A' ? 'B' : 'A') + token.slice(21)
  for (const send of [redeem, lookUp]) {
    const { status, body } = await send(service, mistyped)
    assert.equal(status, 422)
    assert.equal(body.violations[0].rule, 'checksum')
    assert.equal(body.violations[0].pointer, '/token')
    assert.ok(!JSON.stringify(body).includes(mistyped.slice(6, 30)))
  }
  assert.equal((await redeem(service, token)).status, 200)
})

const malformed = (token: string): [string, unknown][] => [
  ['a cut token', { token: token.slice(0, -1) }],
  ['a token with a blank', { token: `${token} ` }],
  ['a token with a line break', { token: `${token}\n` }],
  ['a token in capitals', { token: token.toUpperCase() }],
  ['a list', { token: [token] }],
  ['a number', { token: 1 }],
  ['null', { token: null }],
  ['no token', {}],
  ['a second field', { token, clientId: 'pa_wam' }],
  ['a giant', { token: `wscrt_${'A'.repeat(10_000)}` }],
]

test('422 for what is no token at all, without repeating it, and the token still works', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  for (const [what, body] of malformed(token)) {
    for (const path of ['/secret-retrievals', '/secret-retrievals/lookup']) {
      await t.test(`${path} with ${what}`, async () => {
        const answer = await service.call('POST', path, { body })
        assert.equal(answer.status, 422)
        const text = JSON.stringify(answer.body).toUpperCase()
        assert.ok(!text.includes(token.slice(6, 30).toUpperCase()))
        assert.ok(!text.includes('AAAAAAAAAAAAAAAA'))
      })
    }
  }
  assert.equal((await redeem(service, token)).status, 200)
})

test('405 for every method but POST, 404 for a token in the address, and neither consumes anything', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
    for (const [path, expected] of [
      ['/secret-retrievals', 405],
      ['/secret-retrievals/lookup', 405],
      [`/secret-retrievals/${token}`, 404],
    ] as const) {
      const { status } = await service.call(method, path)
      assert.equal(status, expected, `${method} ${path}`)
    }
  }
  const inQuery = await service.call('POST', `/secret-retrievals?token=${token}`)
  assert.notEqual(inQuery.status, 200)
  assert.equal((await lookUp(service, token)).body.state, 'outstanding')
  assert.equal((await redeem(service, token)).status, 200)
})

test('503 under another server key, which says so, with nothing consumed', async t => {
  const first = await startTestService(t)
  const token = await createRetrieval(first)
  await first.stop()
  const second = await startTestService(t, { env: { DATABASE_URL: `sqlite:${first.databasePath}` } })
  const { status, body } = await redeem(second, token)
  assert.equal(status, 503)
  assert.equal(body.code, 'server_key_missing')
  const [row] = readRows(first.databasePath, 'select * from retrieval')
  assert.equal(row?.['state'], 'outstanding')
  assert.equal(typeof row?.['sealed'], 'string')
})
