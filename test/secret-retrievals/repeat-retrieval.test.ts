import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, startTestService } from '../service.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { redeem } from './retrievals.ts'

/** Without the state of the hand-out, which goes on. */
const withoutRetrieval = ({ body: { retrieval, ...client } }: Answer) => client

test('201 again after the secret was redeemed: the same client, and no token', async t => {
  const service = await startTestService(t)
  const key = createKey()
  const first = await createUnderKey(service, key)
  await redeem(service, first.body.retrieval.token)
  const second = await createUnderKey(service, key)
  assert.equal(second.status, 201)
  assert.deepEqual(withoutRetrieval(second), withoutRetrieval(first))
  const { token, state } = second.body.retrieval
  assert.deepEqual([token, state], [null, 'redeemed'])
})

test('201 again after the token has expired, or was revoked: the state, and no token', async t => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const keys = { expired: createKey(), revoked: createKey() }
  await createUnderKey(service, keys.expired)
  await createUnderKey(service, keys.revoked, { body: { ...smallest, clientId: 'revoked' } })
  await service.call('DELETE', '/web-session-clients/revoked/retrieval')
  ahead += 901_000
  const expired = await createUnderKey(service, keys.expired)
  const revoked = await createUnderKey(service, keys.revoked, { body: { ...smallest, clientId: 'revoked' } })
  for (const [state, { status, body }] of Object.entries({ expired, revoked })) {
    assert.equal(status, 201)
    assert.deepEqual([body.retrieval.token, body.retrieval.state], [null, state])
  }
})
