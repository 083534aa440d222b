import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import pg from 'pg'
import { usePostgresServer } from '../database/postgres-server.ts'
import { untilWaiting } from '../database/until-waiting.ts'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { startReplica, startTestService } from '../service.ts'
import { clientIds, createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'

const server = usePostgresServer()
const newServerKey = (): string => randomBytes(32).toString('base64url')

type Keys = { SECRET_KEY: string; SECRET_KEYS_PREVIOUS?: string }

const former = newServerKey()
const coming = newServerKey()
const before: Keys = { SECRET_KEY: former }
const told: Keys = { SECRET_KEY: former, SECRET_KEYS_PREVIOUS: coming }
const swapped: Keys = { SECRET_KEY: coming, SECRET_KEYS_PREVIOUS: former }
const after: Keys = { SECRET_KEY: coming }

const stages = [
  ['is told the new key', before, told],
  ['seals with the new key', told, swapped],
  ['has dropped the former key', swapped, after],
] as const

for (const [stage, left, right] of stages)
  test(`201 again, 200: repetitions and tokens work at both replicas while one of two ${stage}`, async t => {
    const first = await startTestService(t, { database: await server.createDatabase(t), env: left })
    const second = await startReplica(t, first, { env: right })
    const pairs = [
      { maker: first, other: second, clientId: 'made-at-first' },
      { maker: second, other: first, clientId: 'made-at-second' },
    ]
    for (const { maker, other, clientId } of pairs) {
      const key = createKey()
      const body = { ...smallest, clientId }
      const created = await createUnderKey(maker, key, { body })
      assert.equal(created.status, 201)
      const again = await createUnderKey(other, key, { body })
      assert.deepEqual([again.status, again.body], [201, created.body])
      assert.equal((await redeem(other, again.body.retrieval.token)).status, 200)
    }
  })

test('201 and 422 for two bodies with one key at the same moment, at replicas that seal with two keys', async t => {
  const database = await server.createDatabase(t)
  const first = await startTestService(t, { database, env: told })
  const second = await startReplica(t, first, { env: swapped })
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  // Both have looked for the key, or one waits for the other to, before either can keep it.
  await beside.query('begin; lock table idempotency in exclusive mode')
  const key = createKey()
  const creating = [first, second].map((replica, index) =>
    createUnderKey(replica, key, { body: { ...smallest, clientId: `client-${index}` } }),
  )
  await untilWaiting(beside, 2, Promise.all(creating))
  await beside.query('rollback')
  const answers = await Promise.all(creating)
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 422])
  assert.equal(clientIds(first.sandbox).length, 1)
})
