import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import pg from 'pg'
import { usePostgresServer } from '../database/postgres-server.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import {
  createKey,
  createUnderKey,
  recordCalls,
  smallest,
  writesOf,
} from '../web-session-clients/requests.ts'
import { createInstallation } from './installation.ts'

/** Later than the end of any retrieval token, sooner than that of an access token. */
const laterMs = 30 * 60_000

/** The way docs/operations.md describes; the service goes on meanwhile. */
const backUp = (path: string): void => {
  using database = new DatabaseSync(path, { readOnly: true })
  database.prepare('vacuum into ?').run(`${path}.backup`)
}

const restore = (path: string, statement?: string): void => {
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
  copyFileSync(`${path}.backup`, path)
  rmSync(`${path}.backup`)
  if (statement === undefined) return
  using database = new DatabaseSync(path)
  database.exec(statement)
}

/** The statement of docs/operations.md for a restored database. */
const readStatement = (): string => {
  const document = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const [, statement = ''] = /^```sql\n([^`]+)```$/m.exec(document) ?? []
  assert.match(statement, /^update retrieval /)
  return statement
}

test('66: yesterday’s database, with the statement for it: clients made since are never made again or written to, and no token opens anything', async t => {
  const installation = await createInstallation(t)
  const first = await installation.start()
  const [redeemed = '', kept = ''] = [
    await createRetrieval(first),
    await createRetrieval(first, { clientId: 'other' }),
  ]
  backUp(installation.databasePath)
  const key = createKey()
  const body = { ...smallest, clientId: 'later' }
  const later = await createUnderKey(first, key, { body })
  assert.equal((await redeem(first, redeemed)).status, 200)
  await first.kill()
  restore(installation.databasePath, readStatement())
  const before = installation.sandbox.pingFederate.clients()
  const calls = recordCalls(installation.sandbox)
  const second = await installation.start()
  for (const answer of [
    await createUnderKey(second, key, { body }),
    await createUnderKey(second, createKey(), { body }),
  ])
    assert.deepEqual([answer.status, answer.body.code], [409, 'client_exists_in_pingfederate'])
  const codes = []
  for (const token of [redeemed, kept, later.body.retrieval.token])
    codes.push((await redeem(second, token)).body.code)
  assert.deepEqual(codes, ['retrieval_revoked', 'retrieval_revoked', 'retrieval_not_found'])
  assert.ok(writesOf(calls).every(({ method, status }) => method === 'POST' && status === 422))
  assert.deepEqual(installation.sandbox.pingFederate.clients(), before)
  await second.kill()
})

test('66: a restored database, once their time is over: the tokens of the backup have expired by themselves', async t => {
  const installation = await createInstallation(t)
  const first = await installation.start()
  const token = await createRetrieval(first)
  backUp(installation.databasePath)
  assert.equal((await redeem(first, token)).status, 200)
  await first.kill()
  restore(installation.databasePath)
  const second = await installation.start({ aheadMs: laterMs })
  assert.equal((await redeem(second, token)).body.code, 'retrieval_expired')
  await second.kill()
})

const server = usePostgresServer()

test('66: the statement for a restored database kills every outstanding token on PostgreSQL, too', async t => {
  const database = await server.createDatabase()
  const service = await startTestService(t, { database })
  const tokens = [await createRetrieval(service), await createRetrieval(service, { clientId: 'other' })]
  assert.equal((await redeem(service, tokens[0] ?? '')).status, 200)
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  await client.query(readStatement())
  await client.end()
  const codes = []
  for (const token of tokens) codes.push((await redeem(service, token)).body.code)
  assert.deepEqual(codes, ['retrieval_redeemed', 'retrieval_revoked'])
})

/** What a later version would leave behind. */
const migrateFurther = (path: string): void => {
  using database = new DatabaseSync(path)
  database.exec("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00.000Z')")
}

const migrateBack = (path: string): void => {
  using database = new DatabaseSync(path)
  database.exec("delete from kysely_migration where name = '9999-later'")
}

test('65: a newer schema stops this version, which leaves everything as it is; back on its own it goes on', async t => {
  const installation = await createInstallation(t)
  const first = await installation.start()
  const key = createKey()
  const created = await createUnderKey(first, key)
  await first.kill()
  migrateFurther(installation.databasePath)
  await assert.rejects(installation.start(), /ended with 1 /)
  migrateBack(installation.databasePath)
  const second = await installation.start()
  assert.deepEqual((await createUnderKey(second, key)).body, created.body)
  assert.equal((await redeem(second, created.body.retrieval.token)).status, 200)
  await second.kill()
  await installation.check()
})
