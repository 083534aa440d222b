import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { example, writePolicyFile } from '../policy/files.ts'
import type { Answer, TestService } from '../service.ts'
import { startTestService } from '../service.ts'
import { clientIds, createKey, createUnderKey, recordCalls, smallest } from './requests.ts'

const server = usePostgresServer()

const { payments } = example.teams
const maximum = payments.limits.clients
const teams = { payments, shop: { ...payments, limits: {} } }

/** A service whose team payments has as many clients as it may have, and what tells of its transactions. */
const startFull = async (t: TestContext, engine: string) => {
  let store: Store | undefined
  const service = await startTestService(t, {
    env: { POLICY_FILE: writePolicyFile(t, { ...example, teams }).path, PINGFEDERATE_CONCURRENCY: '32' },
    ...(engine === 'PostgreSQL' && { database: await server.createDatabase(t) }),
    wrapStore: opened => {
      store = opened
      return opened
    },
  })
  const key = createKey()
  const first = await createUnderKey(service, key)
  assert.equal(first.status, 201)
  for (let index = 1; index < maximum; index += 1)
    assert.equal((await create(service, `client-${index}`)).status, 201)
  return { service, key, first, undone: () => store?.undone() }
}

const create = (
  { call }: TestService,
  clientId: string,
  as: 'payments-pipeline' | 'shop-pipeline' = 'payments-pipeline',
): Promise<Answer> => call('POST', '/web-session-clients', { as, body: { ...smallest, clientId } })

for (const engine of ['SQLite', 'PostgreSQL']) {
  test(`403 for a team at its limit undoes nothing of those who create at the same time, on ${engine}`, async t => {
    const { service, undone } = await startFull(t, engine)
    const before = structuredClone(undone())
    const ids = Array.from({ length: 20 }, (_, index) => index)
    const [refused, made] = await Promise.all([
      Promise.all(ids.map(index => create(service, `full-${index}`))),
      Promise.all(ids.map(index => create(service, `shop-${index}`, 'shop-pipeline'))),
    ])
    assert.deepEqual(new Set(refused.map(({ status }) => status)), new Set([403]))
    assert.deepEqual(new Set(made.map(({ status }) => status)), new Set([201]))
    assert.deepEqual(undone(), before)
    assert.equal(clientIds(service.sandbox).length, maximum + ids.length)
  })
}

test('409 all the same for an id that is taken, 201 again for a repetition, and 200 for a PUT of a client that is there', async t => {
  const { service, key, first } = await startFull(t, 'SQLite')
  const calls = recordCalls(service.sandbox)
  assert.equal((await create(service, 'client-1')).body.code, 'client_id_taken')
  assert.deepEqual((await createUnderKey(service, key)).body, first.body)
  const put = (clientId: string) =>
    service.call('PUT', `/web-session-clients/${clientId}`, {
      body: { pingAccessUrls: smallest.pingAccessUrls },
    })
  assert.equal((await put('client-1')).status, 200)
  assert.deepEqual([(await put('full')).status, (await create(service, 'full')).status], [403, 403])
  assert.deepEqual(
    calls.filter(({ method }) => method !== 'GET'),
    [],
  )
})
