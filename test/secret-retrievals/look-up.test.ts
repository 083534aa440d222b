import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'
import { createRetrieval, lookUp, readRows, redeem, strangerToken } from './retrievals.ts'

test('200 tells everything but the secret, and consumes nothing', async t => {
  const now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const token = await createRetrieval(service)
  const before = readRows(service.databasePath, 'select * from retrieval')
  for (let time = 0; time < 3; time += 1) {
    const { status, body } = await lookUp(service, token, { as: 'portal' })
    assert.equal(status, 200)
    assert.deepEqual(body, {
      clientId: 'pa_wam',
      team: 'payments',
      state: 'outstanding',
      redeemableBy: 'team',
      createdAt: new Date(now).toISOString(),
      createdBy: 'payments-pipeline',
      expiresAt: new Date(now + 900_000).toISOString(),
      redeemedAt: null,
      redeemedBy: null,
    })
  }
  assert.deepEqual(readRows(service.databasePath, 'select * from retrieval'), before)
  assert.equal((await redeem(service, token)).status, 200)
})

test('200 after the redemption tells who had the secret, and when', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const { body: redeemed } = await redeem(service, token, { as: 'portal' })
  const { body } = await lookUp(service, token)
  assert.equal(body.state, 'redeemed')
  assert.equal(body.redeemedBy, 'portal')
  assert.equal(body.redeemedAt, redeemed.redeemedAt)
})

test('404 for others as for a token nobody has', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service, { redeemableBy: 'requester' })
  const [foreign, missing] = await Promise.all([
    lookUp(service, token, { as: 'portal' }),
    lookUp(service, strangerToken, { as: 'portal' }),
  ])
  assert.equal(foreign.status, 404)
  const [a, b] = [foreign, missing].map(({ body: { instance, ...rest } }) => rest)
  assert.deepEqual(a, b)
})

test('403 without secrets:redeem', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const scopeless = await service.sandbox.accessToken({
    service: 'payments-pipeline',
    scope: 'web-session-clients:write',
  })
  const { status, headers } = await lookUp(service, token, { token: scopeless })
  assert.equal(status, 403)
  assert.match(String(headers.get('www-authenticate')), /scope="secrets:redeem"/)
})

test('45: 200 expired, and 410 from then on, also after the clock was set back an hour', async t => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const token = await createRetrieval(service)
  ahead = 3_600_000
  assert.equal((await lookUp(service, token)).body.state, 'expired')
  assert.deepEqual(
    readRows(service.databasePath, 'select state, sealed from retrieval').map(row => ({ ...row })),
    [{ state: 'expired', sealed: null }],
  )
  ahead = 0
  assert.equal((await redeem(service, token)).body.code, 'retrieval_expired')
})
