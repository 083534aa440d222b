import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { clientIds, createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'

const newServerKey = (): string => randomBytes(32).toString('base64url')

/** The same installation after a restart with another server key. */
const restart = async (
  t: TestContext,
  service: TestService,
  env: Record<string, string>,
): Promise<TestService> => {
  await service.stop()
  return startTestService(t, { after: service, env })
}

/** A new server key, with the former one beside it. */
const rollKey = (t: TestContext, service: TestService): Promise<TestService> =>
  restart(t, service, {
    SECRET_KEY: newServerKey(),
    SECRET_KEYS_PREVIOUS: [service.env['SECRET_KEY'], service.env['SECRET_KEYS_PREVIOUS']]
      .filter(Boolean)
      .join(','),
  })

test('201 again across a restart, with the working token', async t => {
  const first = await startTestService(t)
  const key = createKey()
  const created = await createUnderKey(first, key)
  const second = await restart(t, first, {})
  const again = await createUnderKey(second, key)
  assert.deepEqual(again.body, created.body)
  assert.equal((await redeem(second, created.body.retrieval.token)).status, 200)
})

test('tokens and idempotency keys from before two changes of the server key go on working', async t => {
  const first = await startTestService(t)
  const keys = [createKey(), createKey()]
  const bodies = keys.map((_, index) => ({ ...smallest, clientId: `client-${index}` }))
  const create = (service: TestService, index: number) =>
    createUnderKey(service, keys[index] ?? '', { body: bodies[index] })
  const created = [await create(first, 0), await create(first, 1)]
  const third = await rollKey(t, await rollKey(t, first))
  assert.equal((await redeem(third, created[0]?.body.retrieval.token)).status, 200)
  const again = await create(third, 1)
  assert.deepEqual(again.body, created[1]?.body)
  assert.equal((await redeem(third, again.body.retrieval.token)).status, 200)
  const reused = await createUnderKey(third, keys[0] ?? '', { body: bodies[1] })
  assert.equal(reused.body.code, 'idempotency_key_reused')
  assert.deepEqual(clientIds(third.sandbox), ['client-0', 'client-1'])
})

test('409 and a dead token once the former server key is dropped: nothing is made twice', async t => {
  const first = await startTestService(t)
  const key = createKey()
  const created = await createUnderKey(first, key)
  const second = await restart(t, first, { SECRET_KEY: newServerKey() })
  const again = await createUnderKey(second, key)
  assert.deepEqual([again.status, again.body.code], [409, 'client_id_taken'])
  assert.equal((await redeem(second, created.body.retrieval.token)).status, 503)
  const third = await restart(t, second, { SECRET_KEY: first.env['SECRET_KEY'] ?? '' })
  assert.equal((await redeem(third, created.body.retrieval.token)).status, 200)
})

test('one answer per key after an attempt that failed before the server key was changed', async t => {
  const first = await startTestService(t)
  const key = createKey()
  const { faults } = first.sandbox.pingFederate
  faults.always({
    match: { method: 'POST' },
    fault: { acts: false, answer: { kind: 'status', status: 429 } },
  })
  await createUnderKey(first, key, { body: { ...smallest, clientId: 'other' } })
  faults.clear()
  const second = await rollKey(t, first)
  const body = { ...smallest, clientId: 'other' }
  const created = await createUnderKey(second, key, { body })
  assert.equal(created.status, 201)
  for (let repetition = 0; repetition < 3; repetition += 1)
    assert.deepEqual((await createUnderKey(second, key, { body })).body, created.body)
  assert.deepEqual(
    readRows(second.databasePath, 'select count(*) as rows from idempotency').map(row => ({ ...row })),
    [{ rows: 1 }],
  )
})
