import assert from 'node:assert/strict'
import { copyFileSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import {
  createKey,
  createUnderKey,
  recordCalls,
  smallest,
  writesOf,
} from '../web-session-clients/requests.ts'
import { createInstallation } from './installation.ts'

const dayMs = 24 * 3_600_000

/** The way docs/operations.md describes; the service goes on meanwhile. */
const backUp = (path: string): void => {
  using database = new DatabaseSync(path, { readOnly: true })
  database.prepare('vacuum into ?').run(`${path}.backup`)
}

const restore = (path: string): void => {
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
  copyFileSync(`${path}.backup`, path)
  rmSync(`${path}.backup`)
}

test('66: yesterday’s database: clients made since are never made again or written to, and no token opens anything', async t => {
  const installation = await createInstallation(t)
  const first = await installation.start()
  const tokens = [await createRetrieval(first), await createRetrieval(first, { clientId: 'other' })]
  backUp(installation.databasePath)
  const key = createKey()
  const body = { ...smallest, clientId: 'later' }
  const later = await createUnderKey(first, key, { body })
  tokens.push(later.body.retrieval.token)
  assert.equal((await redeem(first, tokens[0] ?? '')).status, 200)
  await first.kill()
  restore(installation.databasePath)
  const before = installation.sandbox.pingFederate.clients()
  const calls = recordCalls(installation.sandbox)
  const second = await installation.start({ aheadMs: dayMs })
  for (const answer of [
    await createUnderKey(second, key, { body }),
    await createUnderKey(second, createKey(), { body }),
  ])
    assert.deepEqual([answer.status, answer.body.code], [409, 'client_exists_in_pingfederate'])
  const statuses = []
  for (const token of tokens) statuses.push((await redeem(second, token)).status)
  assert.deepEqual(statuses, [410, 410, 404])
  assert.ok(writesOf(calls).every(({ method, status }) => method === 'POST' && status === 422))
  assert.deepEqual(installation.sandbox.pingFederate.clients(), before)
  await second.kill()
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
