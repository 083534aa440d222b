import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abandonCreate } from '../journal/journal.ts'
import { createRetrieval, lookUp, readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService, withoutRequestId } from '../service.ts'

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

test('204 after the secret was redeemed, and that stays on record', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  await redeem(service, token)
  assert.equal((await revoke(service)).status, 204)
  assert.equal((await redeem(service, token)).body.code, 'retrieval_redeemed')
  assert.deepEqual(
    readRows(service.databasePath, "select * from audit_event where action = 'retrieval.revoke'"),
    [],
  )
})

test('204 for one of two at once that redeem and revoke: the secret is out, or it is dead', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const [redeemed, revoked] = await Promise.all([redeem(service, token), revoke(service)])
  assert.equal(revoked.status, 204)
  const { state } = (await lookUp(service, token)).body
  assert.equal(state, redeemed.status === 200 ? 'redeemed' : 'revoked')
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
