import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService, type TestService } from '../service.ts'
import { createRetrieval, lookUp, readRows, redeem } from './retrievals.ts'

const revoke = ({ call }: TestService, options = {}) =>
  call('DELETE', '/web-session-clients/pa_wam/retrieval', options)

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
  assert.match(body.detail, /POST \/web-session-clients\/pa_wam\/secret-rotations/)
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
    assert.match(body.detail, /POST \/web-session-clients\/pa_wam\/secret-rotations/)
  }
  ahead = 0
  assert.deepEqual(
    readRows(service.databasePath, 'select state, sealed from retrieval').map(row => Object.values(row)),
    [['expired', null]],
  )
  assert.equal((await lookUp(service, token)).body.state, 'expired')
  assert.deepEqual(readRevocations(service)[0], ['refused', 'retrieval_expired', 'payments', 'pa_wam'])
})

test('204 or 409 for one of two at once that redeem and revoke: the secret is dead, or it is out', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const [redeemed, revoked] = await Promise.all([redeem(service, token), revoke(service)])
  const { state } = (await lookUp(service, token)).body
  assert.deepEqual([redeemed.status, revoked.status], state === 'redeemed' ? [200, 409] : [410, 204])
})
