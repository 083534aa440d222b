import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { sweepExpired } from '../../src/secret-retrievals/sweep.ts'
import { example, writePolicyFile } from '../policy/files.ts'
import { startTestService } from '../service.ts'
import { clientIds, smallest } from '../web-session-clients/requests.ts'
import { usePostgresServer } from './postgres-server.ts'
import { retrievalRow } from './rows.ts'
import { openPostgresStore } from './stores.ts'
import { untilWaiting } from './until-waiting.ts'

const server = usePostgresServer()

/** A connection beside the service, for locks. */
const connectBeside = async (t: TestContext, database: string): Promise<pg.Client> => {
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  return beside
}

test('a sweep leaves the rows that another replica is at to it, and does not wait for them', async t => {
  const database = await server.createDatabase(t)
  const store = await openPostgresStore(t, database)
  const expires_at = '2026-01-01T00:00:00.000Z'
  const rows = Array.from({ length: 300 }, (_, index) =>
    retrievalRow({ retrieval_id: `retrieval ${index}`, expires_at }),
  )
  await store.write(trx => trx.insertInto('retrieval').values(rows).execute())
  const beside = await connectBeside(t, database)
  await beside.query('begin; select * from retrieval order by retrieval_id limit 10 for update')
  assert.equal((await sweepExpired(store)).retrievals, 290)
  await beside.query('rollback')
  assert.equal((await sweepExpired(store)).retrievals, 10)
})

test('creates of a team with a limit wait for each other before they count its clients', async t => {
  const database = await server.createDatabase(t)
  const service = await startTestService(t, {
    database,
    env: { POLICY_FILE: writePolicyFile(t, example).path },
  })
  const beside = await connectBeside(t, database)
  await beside.query(`begin; select pg_advisory_xact_lock(hashtextextended('clients of team payments', 0))`)
  let isAnswered = false
  const creating = service.call('POST', '/web-session-clients', { body: smallest }).finally(() => {
    isAnswered = true
  })
  await untilWaiting(beside, 1, creating)
  assert.deepEqual([isAnswered, clientIds(service.sandbox)], [false, []])
  await beside.query('rollback')
  assert.equal((await creating).status, 201)
})

test('the audit trail refuses to be changed, removed or emptied', async t => {
  const database = await server.createDatabase(t)
  await openPostgresStore(t, database)
  const beside = await connectBeside(t, database)
  for (const statement of [
    `update audit_event set team = 'other'`,
    'delete from audit_event',
    'truncate audit_event',
  ])
    await assert.rejects(beside.query(statement), /append-only/)
})
