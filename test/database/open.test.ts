import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { compileCache } from '../compile-cache.ts'
import { usePostgresServer } from './postgres-server.ts'
import { openPostgresStore } from './stores.ts'

const server = usePostgresServer()
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Complete but for the database; nothing of it is called before the database is open. */
const environment = {
  PORT: '0',
  PINGFEDERATE_ADMIN_URL: 'https://pf-admin.example.com:9999',
  PINGFEDERATE_ADMIN_USERNAME: 'administrator',
  PINGFEDERATE_ADMIN_PASSWORD: 'password-of-pingfederate',
  JWT_ISSUER: 'https://sso.example.com',
  JWT_AUDIENCE: 'https://clients.example.com',
  SECRET_KEY: Buffer.alloc(32, 7).toString('base64url'),
}

/** Starts the service's process where it has to refuse, and checks how it says so. */
const assertRefused = async (t: TestContext, databaseUrl: string, reason: RegExp): Promise<void> => {
  const child = spawn(process.execPath, [main], {
    env: { ...compileCache, ...environment, DATABASE_URL: databaseUrl },
  })
  t.after(() => child.kill('SIGKILL'))
  const [output, errors, [code]] = await Promise.all([
    child.stdout.toArray(),
    child.stderr.toArray(),
    once(child, 'close'),
  ])
  const text = errors.join('')
  assert.match(text, reason)
  assert.equal(text.trimEnd().split('\n').length, 1, text)
  assert.equal(code, 1)
  const secrets = ['password-of-pingfederate', environment.SECRET_KEY, new URL(databaseUrl).password]
  for (const secret of secrets.filter(Boolean)) assert.ok(!(text + output.join('')).includes(secret))
}

const makeFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'open-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const change = (url: string, values: Partial<URL>): string => Object.assign(new URL(url), values).href

test('1 and one line when PostgreSQL cannot be reached, without the password', async t => {
  const url = change(await server.createDatabase(), { port: '1' })
  await assertRefused(
    t,
    url,
    /cannot start: the database 127\.0\.0\.1:1\/test_\w+ cannot be used: .*ECONNREFUSED/,
  )
})

test('1 and one line when PostgreSQL refuses the password, without it', async t => {
  const url = change(await server.createDatabase(), { password: 'wrong-password' })
  await assertRefused(t, url, /cannot start: the database .* password authentication failed .*28P01/)
})

test('1 and one line when PostgreSQL has no such database', async t => {
  const url = change(await server.createDatabase(), { pathname: '/nowhere' })
  await assertRefused(t, url, /the database 127\.0\.0\.1:\d+\/nowhere cannot be used: .*3D000/)
})

test('65: 1 and one line when a newer version has changed the schema in PostgreSQL', async t => {
  const url = await server.createDatabase()
  await (await openPostgresStore(t, url)).close()
  const client = new pg.Client(url)
  await client.connect()
  await client.query("insert into kysely_migration values ('0099-later', '2027-01-01T00:00:00.000Z')")
  await client.end()
  await assertRefused(t, url, /a newer version has changed the database's schema \(0099-later\)/)
})

test('65: 1 and one line when a newer version has changed the schema in the SQLite file', async t => {
  const path = join(await makeFolder(t), 'data.db')
  using database = new DatabaseSync(path)
  database.exec(
    "create table kysely_migration (name text, timestamp text); insert into kysely_migration values ('0001-initial', '2026'), ('0099-later', '2027')",
  )
  await assertRefused(t, `sqlite:${path}`, /a newer version has changed the database's schema \(0099-later\)/)
})

test('54: 1 and one line when another process uses the SQLite file', async t => {
  const path = join(await makeFolder(t), 'data.db')
  using lock = new DatabaseSync(`${path}.lock`)
  lock.exec('begin immediate')
  await assertRefused(t, `sqlite:${path}`, /another process uses the database .*data\.db.*PostgreSQL/)
})

test('33: 1 and one line when the SQLite file is damaged, or a folder', async t => {
  const folder = await makeFolder(t)
  await writeFile(join(folder, 'damaged.db'), `SQLite format 3\0${'x'.repeat(4_000)}`)
  await mkdir(join(folder, 'folder.db'))
  await assertRefused(t, `sqlite:${folder}/damaged.db`, /damaged\.db cannot be used: file is not a database/)
  await assertRefused(
    t,
    `sqlite:${folder}/folder.db`,
    /folder\.db cannot be used: unable to open database file/,
  )
})

test('33: 1 and one line when the folder of the SQLite file cannot be made', async t => {
  const folder = await makeFolder(t)
  await writeFile(join(folder, 'file'), '')
  await assertRefused(t, `sqlite:${folder}/file/data.db`, /file\/data\.db cannot be used: .*(ENOTDIR|EEXIST)/)
})

test('three stores that are opened on an empty PostgreSQL database at the same moment all come up', async t => {
  const url = await server.createDatabase()
  const stores = await Promise.all(Array.from({ length: 3 }, () => openPostgresStore(t, url)))
  for (const store of stores) await store.check()
})
