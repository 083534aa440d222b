import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createKey as createSigningKey, sign, startIssuer } from '../authentication/issuer.ts'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, audience, startTestService } from '../service.ts'
import {
  clientIds,
  createKey,
  createUnderKey,
  recordCalls,
  smallest,
} from '../web-session-clients/requests.ts'

/** What a repetition has to answer like the first time. */
const contentOf = ({ status, headers, body }: Answer) => ({
  status,
  location: headers.get('location'),
  etag: headers.get('etag'),
  cacheControl: headers.get('cache-control'),
  body,
})

const isReplayed = ({ headers }: Answer) => headers.get('idempotent-replayed')

test('201 again, the same in every part, with a working token and without a word to PingFederate', async t => {
  let looks = 0
  // No two looks at this clock are alike, as in a statement that takes its time twice while a millisecond ends.
  const service = await startTestService(t, { world: { now: () => Date.now() + looks++ } })
  const key = createKey()
  const first = await createUnderKey(service, key)
  assert.equal(first.status, 201)
  const calls = recordCalls(service.sandbox)
  const second = await createUnderKey(service, key)
  assert.deepEqual(contentOf(second), contentOf(first))
  assert.deepEqual([isReplayed(first), isReplayed(second)], [null, 'true'], 'only the second is marked')
  assert.deepEqual(calls, [])
  assert.equal((await redeem(service, second.body.retrieval.token)).status, 200)
  assert.equal((await redeem(service, first.body.retrieval.token)).status, 410)
})

test('201 again whatever the order of the names in the body', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const retrieval = { ttlSeconds: 300, redeemableBy: 'requester' }
  const first = await createUnderKey(service, key, { body: { ...smallest, retrieval } })
  const turned = Object.fromEntries(Object.entries(smallest).reverse())
  const again = await createUnderKey(service, key, {
    body: { retrieval: Object.fromEntries(Object.entries(retrieval).reverse()), ...turned },
  })
  assert.deepEqual(contentOf(again), contentOf(first))
})

test('422 for another body, in small things too: nothing is made and the first one is as it was', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const first = await createUnderKey(service, key)
  const calls = recordCalls(service.sandbox)
  const { pingAccessUrls } = smallest
  const others = [
    { ...smallest, clientId: 'other' },
    { ...smallest, name: 'pa_wam' },
    { ...smallest, pingAccessUrls: [...pingAccessUrls, 'https://other.example.com'] },
    { ...smallest, retrieval: { ttlSeconds: 60 } },
  ]
  for (const body of others) {
    const { status, body: problem } = await createUnderKey(service, key, { body })
    assert.deepEqual([status, problem.code], [422, 'idempotency_key_reused'])
  }
  assert.deepEqual(calls, [])
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
  assert.deepEqual(contentOf(await createUnderKey(service, key)), contentOf(first))
})

test('422 for another body while the first request is under way', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const answering = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: { method: 'POST' },
    fault: { answerAfter: answering.promise },
  })
  const first = createUnderKey(service, key)
  await struck
  const other = await createUnderKey(service, key, { body: { ...smallest, clientId: 'other' } })
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused'])
  answering.resolve()
  assert.equal((await first).status, 201)
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
})

test('409 with Retry-After while the first request is under way, naming its operation', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const answering = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: { method: 'POST' },
    fault: { answerAfter: answering.promise },
  })
  const first = createUnderKey(service, key)
  await struck
  const early = await createUnderKey(service, key)
  assert.deepEqual([early.status, early.body.code], [409, 'operation_in_progress'])
  assert.ok(Number(early.headers.get('retry-after')) > 0)
  assert.equal((await service.call('GET', early.body.operation)).body.state, 'intended')
  answering.resolve()
  const answered = contentOf(await first)
  assert.deepEqual(contentOf(await createUnderKey(service, key)), answered)
})

test('the same key is another one for another caller, who learns nothing from it', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const mine = await createUnderKey(service, key)
  const body = { ...smallest, clientId: 'theirs' }
  const theirs = await createUnderKey(service, key, { body, as: 'shop-pipeline' })
  assert.equal(theirs.status, 201)
  assert.notEqual(theirs.body.retrieval.token, mine.body.retrieval.token)
  const portal = await createUnderKey(service, key, { body: { ...smallest, team: 'payments' }, as: 'portal' })
  assert.deepEqual([portal.status, portal.body.code], [409, 'client_id_taken'])
  const shop = await createUnderKey(service, createKey(), { as: 'shop-pipeline' })
  const { status, body: problem } = await createUnderKey(service, key, { as: 'shop-pipeline' })
  assert.equal(shop.body.code, 'client_id_taken')
  assert.deepEqual([status, problem.code], [422, 'idempotency_key_reused'])
})

test('403 once the caller has left the team of the first request: no token of its', async t => {
  const signingKey = await createSigningKey('key')
  const issuer = await startIssuer(t, [signingKey])
  const service = await startTestService(t, { env: { JWT_ISSUER: issuer.url } })
  const tokenOf = (groups: string[]) =>
    sign(signingKey, {
      iss: issuer.url,
      aud: audience,
      exp: Math.floor(Date.now() / 1000) + 300,
      sub: 'ana',
      scope: 'web-session-clients:write',
      groups,
    })
  const key = createKey()
  assert.equal((await createUnderKey(service, key, { token: await tokenOf(['payments']) })).status, 201)
  const moved = await createUnderKey(service, key, { token: await tokenOf(['shop']) })
  assert.deepEqual([moved.status, moved.body.code], [403, 'team_not_yours'])
  assert.equal(
    (await createUnderKey(service, key, { token: await tokenOf(['shop', 'payments']) })).status,
    422,
  )
  assert.equal((await createUnderKey(service, key, { token: await tokenOf(['payments']) })).status, 201)
})

test('422 with a malformed key beside whatever else is wrong, and before a team that is not the caller’s', async t => {
  const service = await startTestService(t)
  const rulesFor = async (body: unknown) => {
    const answer = await createUnderKey(service, 'short', { body })
    assert.equal(answer.status, 422)
    return answer.body.violations.map(({ rule }: { rule: string }) => rule)
  }
  const pingAccessUrls = ['http://pay.example.com']
  assert.deepEqual(await rulesFor({ ...smallest, pingAccessUrls }), ['idempotency_key', 'https_only'])
  assert.deepEqual(await rulesFor({ ...smallest, team: 'shop' }), ['idempotency_key'])
})

test('422 for a key that is too short, too long or not visible ASCII: nothing is made', async t => {
  const service = await startTestService(t)
  const calls = recordCalls(service.sandbox)
  const wrong = ['', 'x'.repeat(15), 'x'.repeat(256), 'with a space inside', `${'x'.repeat(16)}\u00e9`]
  for (const key of wrong) {
    const { status, body } = await createUnderKey(service, key)
    assert.equal(status, 422, key)
    const [{ in: place, pointer, rule, value }] = body.violations
    assert.deepEqual([place, pointer, rule], ['header', '/idempotency-key', 'idempotency_key'])
    assert.equal(value, undefined, 'a key is handled as a secret')
  }
  assert.deepEqual(calls, [])
  for (const [index, key] of ['x'.repeat(16), '~'.repeat(255)].entries()) {
    const body = { ...smallest, clientId: `client-${index}` }
    assert.equal((await createUnderKey(service, key, { body })).status, 201)
  }
})

test('409 once the key is forgotten, after 48 hours: the client id is taken', async t => {
  const service = await startTestService(t)
  const key = createKey()
  await createUnderKey(service, key)
  /** Makes the key older, because a clock that is put ahead would end the access token as well. */
  const age = (hours: number): void => {
    using database = new DatabaseSync(service.databasePath)
    const { expires_at: until } = database.prepare('select expires_at from idempotency').get() ?? {}
    const earlier = new Date(Date.parse(String(until)) - hours * 3_600_000).toISOString()
    database.prepare('update idempotency set expires_at = ?').run(earlier)
  }
  age(47)
  assert.equal((await createUnderKey(service, key)).status, 201)
  age(1)
  const late = await createUnderKey(service, key)
  assert.deepEqual([late.status, late.body.code], [409, 'client_id_taken'])
  const other = { ...smallest, clientId: 'other' }
  assert.equal((await createUnderKey(service, key, { body: other })).status, 201)
})
