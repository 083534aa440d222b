import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openConnection } from '../http/raw-socket.ts'
import { abandonCreate } from '../journal/journal.ts'
import { createRetrieval, lookUp, readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService, withoutRequestId } from '../service.ts'

/** A type, and then nothing, in all the ways there are of sending nothing. */
const empty = [
  'application/json\r\n\r\n',
  'application/json; charset=utf-8\r\nContent-Length: 0\r\n\r\n',
  'application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'text/plain\r\nContent-Length: 0\r\n\r\n',
]

const path = '/web-session-clients/pa_wam/retrieval'
const revoke = ({ call }: TestService, options = {}) => call('DELETE', path, options)

test('204: the token is dead, the sealed secret erased, and everybody entitled is told so', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const { status, body } = await revoke(service)
  assert.deepEqual([status, body], [204, ''])
  const refused = await redeem(service, token)
  assert.deepEqual([refused.status, refused.body.code], [410, 'retrieval_revoked'])
  assert.equal((await lookUp(service, token)).body.state, 'revoked')
  const { retrieval } = (await service.call('GET', '/web-session-clients/pa_wam')).body
  assert.equal(retrieval.state, 'revoked')
  assert.deepEqual(
    readRows(service.databasePath, 'select sealed from retrieval').map(row => row['sealed']),
    [null],
  )
  assert.equal((await redeem(service, token, { as: 'shop-pipeline' })).status, 404)
})

test('204 again, and recorded once', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  assert.equal((await revoke(service)).status, 204)
  assert.equal((await revoke(service, { as: 'portal' })).status, 204)
  const events = readRows(service.databasePath, "select * from audit_event where action = 'retrieval.revoke'")
  assert.deepEqual(
    events.map(({ subject, outcome, team, client_id: clientId }) => [subject, outcome, team, clientId]),
    [['payments-pipeline', 'done', 'payments', 'pa_wam']],
  )
})

const readRevocations = ({ databasePath }: TestService) =>
  readRows(
    databasePath,
    "select outcome, reason, team, client_id from audit_event where action = 'retrieval.revoke'",
  ).map(row => Object.values(row))

test('409 after the secret was redeemed, with who has it since when, and that stays on record', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const { redeemedAt } = (await redeem(service, token)).body
  const { status, body } = await revoke(service, { as: 'portal' })
  assert.deepEqual([status, body.status, body.code], [409, 409, 'retrieval_redeemed'])
  assert.match(body.detail, new RegExp(`redeemed by payments-pipeline at ${redeemedAt}`))
  assert.equal((await redeem(service, token)).body.code, 'retrieval_redeemed')
  assert.equal((await lookUp(service, token)).body.state, 'redeemed')
  assert.deepEqual(readRevocations(service), [['refused', 'retrieval_redeemed', 'payments', 'pa_wam']])
})

test('409 after the token has expired: nothing was revoked, it stays expired, and the sealed secret is erased', async t => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const token = await createRetrieval(service)
  ahead += 901_000
  for (const look of [1, 2]) {
    const { status, body } = await revoke(service)
    assert.deepEqual([status, body.status, body.code], [409, 409, 'retrieval_expired'], `look ${look}`)
  }
  ahead = 0
  assert.deepEqual(
    readRows(service.databasePath, 'select state, sealed from retrieval').map(row => Object.values(row)),
    [['expired', null]],
  )
  assert.equal((await lookUp(service, token)).body.state, 'expired')
  assert.deepEqual(readRevocations(service)[0], ['refused', 'retrieval_expired', 'payments', 'pa_wam'])
})

test('204 for a request that names a type and has no body, as many HTTP clients send it', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  for (const rest of empty) {
    const connection = openConnection(t, service.url)
    connection.write(`DELETE ${path} HTTP/1.1\r\nHost: clients.test\r\nConnection: close\r\n`)
    connection.write(`Authorization: Bearer ${token}\r\nContent-Type: ${rest}`)
    assert.match(await connection.received, /^HTTP\/1\.1 204 /, rest)
  }
})

test('204 or 409 for one of two at once that redeem and revoke: the secret is dead, or it is out', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const [redeemed, revoked] = await Promise.all([redeem(service, token), revoke(service)])
  const { state } = (await lookUp(service, token)).body
  assert.deepEqual([redeemed.status, revoked.status], state === 'redeemed' ? [200, 409] : [410, 204])
})

test('404 for another team’s client, in every word as for one that does not exist, and the token works on', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const foreign = await revoke(service, { as: 'shop-pipeline' })
  const none = await service.call('DELETE', '/web-session-clients/none/retrieval', { as: 'shop-pipeline' })
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'client_not_found'])
  assert.deepEqual(withoutRequestId(foreign), withoutRequestId(none))
  assert.equal((await redeem(service, token)).status, 200)
})

test('404 while nobody knows whether the client was made', async t => {
  const service = await startTestService(t)
  await abandonCreate(service, { acts: true })
  assert.equal((await revoke(service)).status, 404)
})

test('401 without a token, 403 without the scope, and the token works on', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const scope = 'web-session-clients:read secrets:redeem'
  const reader = await service.sandbox.accessToken({ service: 'payments-pipeline', scope })
  assert.equal((await revoke(service, { as: null })).status, 401)
  assert.equal((await revoke(service, { token: reader })).status, 403)
  assert.equal((await redeem(service, token)).status, 200)
})
