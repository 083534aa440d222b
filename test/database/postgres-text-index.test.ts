import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { findClients } from '../../src/web-session-clients/find-clients.ts'
import { execute } from './execute.ts'
import { useOwnPostgresServer } from './postgres-server.ts'
import { openPostgresStore } from './stores.ts'
import { fillTexts, findInvoices } from './texts.ts'

const server = useOwnPostgresServer()

/** A database where an account may make tables and nothing else. */
const createPoor = async (): Promise<{ url: string; superuser: string }> => {
  const superuser = await server.createDatabase()
  const account = `poor_${randomUUID().slice(0, 8)}`
  await execute(superuser, `create role ${account} login password 'poor'`)
  await execute(superuser, `grant all on schema public to ${account}`)
  const url = Object.assign(new URL(superuser), { username: account, password: 'poor' }).href
  return { url, superuser }
}

/** Without an index, what is searched for is found all the same. */
const checkWalk = async (store: Store): Promise<void> => {
  assert.equal(store.textIndex.knows('inv'), false)
  await fillTexts(store)
  const { rows } = await findClients(store, {
    ...{ teams: ['payments'], search: 'invoices', limit: 50, after: undefined },
  })
  assert.deepEqual(
    rows.map(row => row.client_id),
    ['z'],
  )
}

test('200: where the account may create none, the service starts and a search walks', async t => {
  const { url } = await createPoor()
  await checkWalk(await openPostgresStore(t, url))
})

test('200: what somebody else has created later is used from the next upkeep on, by the statements of the documentation, and not when it is gone', async t => {
  const { url, superuser } = await createPoor()
  const store = await openPostgresStore(t, url)
  await fillTexts(store)
  assert.equal(await findInvoices(store), undefined)
  await execute(superuser, 'create extension pg_trgm')
  await execute(
    url,
    'create index concurrently client_by_text on client using gin (search_text gin_trgm_ops)',
  )
  await store.textIndex.tend()
  assert.deepEqual(await findInvoices(store), ['z'])
  await execute(superuser, 'drop extension pg_trgm cascade')
  await store.textIndex.tend()
  assert.equal(await findInvoices(store), undefined)
})

test('200: where it is in a schema that the account must not use, the service starts and a search walks', async t => {
  const { url, superuser } = await createPoor()
  await execute(superuser, 'create schema hidden; create extension pg_trgm schema hidden')
  await checkWalk(await openPostgresStore(t, url))
})

test('200: one that is there already is used in whatever schema it is', async t => {
  const { url, superuser } = await createPoor()
  await execute(superuser, 'create schema elsewhere; create extension pg_trgm schema elsewhere')
  await execute(superuser, 'grant usage on schema elsewhere to public')
  const store = await openPostgresStore(t, url)
  await fillTexts(store)
  assert.deepEqual(await findInvoices(store), ['z'])
})
