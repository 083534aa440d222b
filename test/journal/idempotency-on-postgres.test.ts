import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { usePostgresServer } from '../database/postgres-server.ts'
import { untilWaiting } from '../database/until-waiting.ts'
import { startTestService } from '../service.ts'
import { untilSwept } from '../until-swept.ts'
import { clientIds, createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'

const server = usePostgresServer()

test('201 and 409 for two bodies with one key at the same moment: one client is made', async t => {
  const database = await server.createDatabase(t)
  const service = await startTestService(t, { database })
  // The sweep would wait for the table as well, and be taken for a create.
  await untilSwept(service)
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  // Both have looked for the key before either can keep it.
  await beside.query('begin; lock table idempotency in exclusive mode')
  const key = createKey()
  const creating = ['first', 'second'].map(clientId =>
    createUnderKey(service, key, { body: { ...smallest, clientId } }),
  )
  await untilWaiting(beside, 2, Promise.all(creating))
  await beside.query('rollback')
  const answers = await Promise.all(creating)
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409])
  assert.equal(clientIds(service.sandbox).length, 1)
})
