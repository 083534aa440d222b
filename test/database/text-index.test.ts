import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { openBefore } from './open-before.ts'
import { usePostgresServer } from './postgres-server.ts'
import { openPostgresStore, openSqliteStoreAt } from './stores.ts'
import { fillTexts, findInvoices } from './texts.ts'

const server = usePostgresServer()

const engines: Record<string, (t: TestContext) => Promise<() => Promise<Store>>> = {
  SQLite: async t => {
    const folder = await mkdtemp(join(tmpdir(), 'texts-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    return () => openSqliteStoreAt(t, join(folder, 'data.db'))
  },
  PostgreSQL: async t => {
    const url = await server.createDatabase(t)
    return () => openPostgresStore(t, url)
  },
}

for (const [engine, create] of Object.entries(engines))
  test(`200: on ${engine} a search finds what the version before has written, before the index has been tended and after`, async t => {
    const open = await create(t)
    const before = await openBefore(open, '0011')
    await fillTexts(before)
    await before.close()
    const store = await open()
    for (const settle of [async () => undefined, async () => void (await store.textIndex.tend())]) {
      await settle()
      assert.deepEqual(await findInvoices(store), ['z'])
    }
  })
