import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backup, DatabaseSync, StatementSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../../src/database/schema.ts'
import { openSqlite } from '../../src/database/sqlite.ts'
import { DatabaseStartError } from '../../src/database/start-error.ts'
import type { Store } from '../../src/database/store.ts'
import { DatabaseUnavailable, isDatabaseUnavailable } from '../../src/database/unavailable.ts'

const tables = [
  'audit_event',
  'client',
  'client_text',
  'client_text_config',
  'client_text_data',
  'client_text_docsize',
  'client_text_due',
  'client_text_entry',
  'client_text_idx',
  'idempotency',
  'kysely_migration',
  'kysely_migration_lock',
  'operation',
  'retrieval',
]

const makeFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'database-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const open = async (t: TestContext, path: string, now: () => number = Date.now): Promise<Store> => {
  const store = await openSqlite({ path, now })
  t.after(() => store.close().catch(() => undefined))
  return store
}

/** Looks at the file without the service. */
const inspect = <T>(path: string, look: (connection: DatabaseSync) => T): T => {
  const connection = new DatabaseSync(path)
  try {
    return look(connection)
  } finally {
    connection.close()
  }
}

const tablesOf = (path: string): unknown[] =>
  inspect(path, connection =>
    connection
      .prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name",
      )
      .all()
      .map(({ name }) => name),
  )

test('missing folders and the schema are made', async t => {
  const path = join(await makeFolder(t), 'a', 'b', 'data.db')
  const store = await open(t, path)
  await store.check()
  await store.close()
  assert.deepEqual(tablesOf(path), tables)
})

test('a statement is prepared once, and those of ever other lists are not kept for ever', async t => {
  const store = await openSqlite({ path: join(await makeFolder(t), 'data.db'), now: Date.now })
  t.after(() => store.close())
  let prepared = 0
  const { prepare } = DatabaseSync.prototype
  t.mock.method(DatabaseSync.prototype, 'prepare', function (this: DatabaseSync, text: string) {
    prepared += 1
    return prepare.call(this, text)
  })
  const read = (number: number) => sql`select ${sql.lit(number)} as number`.execute(store.db)
  for (const number of [0, 0, 0]) await read(number)
  assert.equal(prepared, 1)
  for (let number = 1; number < 600; number += 1) await read(number)
  assert.equal(prepared, 600)
  for (const number of [0, 0]) await read(number)
  assert.equal(prepared, 600)
  for (const number of [599, 599]) await read(number)
  assert.equal(prepared, 602)
})

test('opening again changes nothing and keeps what is there', async t => {
  const path = join(await makeFolder(t), 'data.db')
  const first = await open(t, path)
  await first.write(trx =>
    sql`insert into audit_event (at, action, outcome, subject, request_id)
    values (database_time(), 'client.create', 'done', 'ana', '1')`.execute(trx),
  )
  await first.close()
  const schema = () => inspect(path, connection => connection.prepare('select sql from sqlite_master').all())
  const before = schema()
  const second = await open(t, path)
  assert.equal((await second.db.selectFrom('audit_event').selectAll().execute()).length, 1)
  await second.close()
  assert.deepEqual(schema(), before)
})

test('the file is in WAL mode and every commit is synced unless a write says otherwise', async t => {
  const store = await open(t, join(await makeFolder(t), 'data.db'))
  const read = async (pragma: string) =>
    Object.values(
      (await sql<Record<string, unknown>>`${sql.raw(`PRAGMA ${pragma}`)}`.execute(store.db)).rows[0] ?? {},
    )
  assert.deepEqual(await read('journal_mode'), ['wal'])
  assert.deepEqual(await read('synchronous'), [2])
})

/** Both are closed where opening breaks off. */
const fileAndLock = 2

test('65: a newer schema stops this version, names the migration, and lets go of the file', async t => {
  const path = join(await makeFolder(t), 'data.db')
  await (await open(t, path)).close()
  inspect(path, connection =>
    connection.exec("insert into kysely_migration values ('0002-later', '2027-01-01T00:00:00.000Z')"),
  )
  const close = t.mock.method(DatabaseSync.prototype, 'close')
  await assert.rejects(openSqlite({ path, now: Date.now }), /newer version .*0002-later/)
  assert.equal(close.mock.callCount(), fileAndLock)
})

test('65: a migration is done as a whole or not at all, so that the next start can do it again', async t => {
  const path = join(await makeFolder(t), 'data.db')
  inspect(path, connection => connection.exec('create table retrieval (x)'))
  await assert.rejects(openSqlite({ path, now: Date.now }), /table "retrieval" already exists/)
  assert.ok(!tablesOf(path).includes('client'))
  inspect(path, connection => connection.exec('drop table retrieval'))
  await (await open(t, path)).close()
  assert.deepEqual(tablesOf(path), tables)
})

/** Opens the file, says so, and keeps it open until its input ends. */
const openAndHold = `
  import { openSqlite } from ${JSON.stringify(new URL('../../src/database/sqlite.ts', import.meta.url).href)}
  const store = await openSqlite({ path: process.argv[1], now: Date.now })
  await store.check()
  console.log('open')
  await process.stdin.resume().toArray()
  await store.close()`

const startHolder = (t: TestContext, path: string) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', openAndHold, path])
  t.after(() => child.kill('SIGKILL'))
  const errors = child.stderr.toArray()
  const exited = once(child, 'exit')
  const opened = once(child.stdout, 'data')
  const refused = exited.then(async () => (await errors).join(''))
  return { child, opened, exited, refused }
}

test('54: of four processes that start on one file at the same moment one comes up, and the others say why not', async t => {
  const path = join(await makeFolder(t), 'data.db')
  const holders = Array.from({ length: 4 }, () => startHolder(t, path))
  const first = await Promise.any(holders.map(holder => holder.opened.then(() => holder)))
  const others = holders.filter(holder => holder !== first)
  const texts = await Promise.all(others.map(({ refused }) => refused))
  for (const text of texts) assert.match(text, /another process uses the database/)
  first.child.stdin.end()
  assert.deepEqual(await first.exited, [0, null])
  assert.deepEqual(tablesOf(path), tables)
})

test('a process that is killed lets go of the file', async t => {
  const path = join(await makeFolder(t), 'data.db')
  const { child, opened, exited } = startHolder(t, path)
  await opened
  await assert.rejects(openSqlite({ path, now: Date.now }), DatabaseStartError)
  child.kill('SIGKILL')
  await exited
  await (await open(t, path)).check()
})

test('54: a second store in the same process is refused, by a symbolic link too, until the first is closed', async t => {
  const folder = await makeFolder(t)
  const path = join(folder, 'data.db')
  const first = await open(t, path)
  await symlink(path, join(folder, 'link.db'))
  for (const name of ['data.db', 'link.db'])
    await assert.rejects(openSqlite({ path: join(folder, name), now: Date.now }), DatabaseStartError)
  await first.write(async () => undefined)
  await first.close()
  await (await open(t, path)).check()
})

test('the file can be backed up while it is open', async t => {
  const folder = await makeFolder(t)
  const path = join(folder, 'data.db')
  await open(t, path)
  const copy = join(folder, 'copy.db')
  using reader = new DatabaseSync(path, { readOnly: true })
  await backup(reader, copy)
  assert.deepEqual(tablesOf(copy), tables)
})

test('33: a file that is no database, or a damaged one, is refused with SQLite’s reason, untouched and closed', async t => {
  const folder = await makeFolder(t)
  const path = join(folder, 'data.db')
  const close = t.mock.method(DatabaseSync.prototype, 'close')
  for (const content of ['this is no database, '.repeat(100), `SQLite format 3\0${'x'.repeat(4_000)}`]) {
    await writeFile(path, content)
    const error = await openSqlite({ path, now: Date.now }).catch(reason => reason)
    assert.match(String(error), /not a database|malformed/)
    assert.ok(isDatabaseUnavailable(error))
    assert.equal(await readFile(path, 'latin1'), content)
  }
  assert.equal(close.mock.callCount(), 2 * fileAndLock)
})

test('33: a path that cannot be a file is refused with the system’s reason', async t => {
  const folder = await makeFolder(t)
  await mkdir(join(folder, 'folder.db'))
  await assert.rejects(openSqlite({ path: join(folder, 'folder.db'), now: Date.now }), /unable to open/)
  await writeFile(join(folder, 'file'), '')
  await assert.rejects(openSqlite({ path: join(folder, 'file', 'data.db'), now: Date.now }), /ENOTDIR|EEXIST/)
})

test('33: a read-only file is refused at the start', {
  skip: process.getuid?.() === 0 && 'root may write anything',
}, async t => {
  const folder = await makeFolder(t)
  const path = join(folder, 'data.db')
  await (await open(t, path)).close()
  await chmod(path, 0o400)
  await chmod(folder, 0o500)
  const refused = assert.rejects(openSqlite({ path, now: Date.now }), /readonly|unable to open/)
  // Here, because the folder is removed before any other hook is called.
  await refused.finally(() => chmod(folder, 0o700))
})

test('database_time() is the injected clock, in UTC with milliseconds', async t => {
  let now = Date.UTC(2026, 0, 1)
  const store = await open(t, join(await makeFolder(t), 'data.db'), () => now)
  const read = async () =>
    (await sql<{ at: string }>`select database_time() as at`.execute(store.db)).rows[0]?.at
  assert.equal(await read(), '2026-01-01T00:00:00.000Z')
  now += 1
  assert.equal(await read(), '2026-01-01T00:00:00.001Z')
})

/** Lets one commit fail with that extended result code; resolves to how many have. The next one succeeds, as on Linux. */
const failNextCommit = (t: TestContext, errcode: number): (() => number) => {
  const { run } = StatementSync.prototype
  let failed = 0
  t.mock.method(
    StatementSync.prototype,
    'run',
    function (this: StatementSync, ...parameters: Parameters<typeof run>) {
      if (failed > 0 || this.sourceSQL !== 'commit') return run.apply(this, parameters)
      failed += 1
      throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode })
    },
  )
  return () => failed
}

const insertEvent = (trx: Kysely<Database>) =>
  sql`insert into audit_event (at, action, outcome, subject, request_id)
    values (database_time(), 'client.create', 'done', 'ana', '1')`.execute(trx)

const countEvents = async ({ db }: Store): Promise<number> =>
  (await db.selectFrom('audit_event').select('at').execute()).length

/** SQLITE_IOERR_WRITE, _FSYNC and _DIR_FSYNC. */
const [writeFailed, syncFailed, folderSyncFailed] = [778, 1034, 1290] as const

/** A store and what it has told of syncs that failed. */
const openTelling = async (t: TestContext) => {
  const told: unknown[] = []
  const path = join(await makeFolder(t), 'data.db')
  const store = await openSqlite({ path, now: Date.now, onSyncFailure: error => told.push(error) })
  t.after(() => store.close())
  return { store, told }
}

for (const errcode of [syncFailed, folderSyncFailed])
  test(`32: after a sync that failed (${errcode}) nothing is written any more, and that is told once`, async t => {
    const { store, told } = await openTelling(t)
    const failed = failNextCommit(t, errcode)
    await assert.rejects(store.write(insertEvent), { errcode })
    for (const durable of [true, false])
      await assert.rejects(store.write(insertEvent, { durable }), DatabaseUnavailable)
    assert.equal(await countEvents(store), 0)
    assert.deepEqual([failed(), told.length], [1, 1])
  })

test('32: what waits to be written while a sync fails is not written either', async t => {
  const { store } = await openTelling(t)
  const failed = failNextCommit(t, syncFailed)
  const waiting: Promise<unknown>[] = []
  const first = store.write(async () => {
    waiting.push(store.write(insertEvent).catch(error => error))
  })
  await assert.rejects(first, { errcode: syncFailed })
  const [second] = await Promise.all(waiting)
  assert.equal(failed(), 1)
  assert.ok(second instanceof DatabaseUnavailable, String(second))
  assert.equal(await countEvents(store), 0)
})

test('a commit that failed in another way is taken back, and what comes after it is kept', async t => {
  const { store, told } = await openTelling(t)
  const failed = failNextCommit(t, writeFailed)
  await assert.rejects(store.write(insertEvent), { errcode: writeFailed })
  await store.write(insertEvent)
  assert.equal(await countEvents(store), 1)
  assert.deepEqual([failed(), told], [1, []])
})

test('database, write-ahead log, shared memory and lock are made for the service’s account alone, whatever the umask', async t => {
  const umask = process.umask(0)
  t.after(() => process.umask(umask))
  const folder = await makeFolder(t)
  const target = join(folder, 'data.db')
  await symlink(target, join(folder, 'link.db'))
  await open(t, join(folder, 'link.db'))
  const files = (await readdir(folder)).filter(name => name !== 'link.db').sort()
  assert.deepEqual(files, ['data.db', 'data.db-shm', 'data.db-wal', 'data.db.lock', 'data.db.lock-journal'])
  for (const file of files) {
    const { mode } = await stat(join(folder, file))
    assert.equal((mode & 0o777).toString(8), '600', file)
  }
})

test('the mode of a database that is there is left as its owner has set it', async t => {
  const path = join(await makeFolder(t), 'data.db')
  await writeFile(path, '')
  await chmod(path, 0o640)
  await open(t, path)
  assert.equal(((await stat(path)).mode & 0o777).toString(8), '640')
})
