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
