import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createCurrentUrl } from '../../src/database/current-url.ts'
import type { FileProblem } from '../../src/files/reread-files.ts'
import { Secret } from '../../src/secret.ts'
import { startTestService } from '../service.ts'
import { execute } from './execute.ts'
import { usePostgresServer } from './postgres-server.ts'

const server = usePostgresServer()

const makeFile = (t: TestContext, content: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'url-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'url')
  const write = (next: string) => writeFileSync(path, next)
  write(content)
  return { path, write }
}

test('a database password that is changed and written to the file serves new connections, without a restart', async t => {
  const url = await server.createDatabase()
  const role = `role_${randomBytes(6).toString('hex')}`
  const withPassword = (password: string) => Object.assign(new URL(url), { username: role, password }).href
  const name = new URL(url).pathname.slice(1)
  await execute(url, `create role ${role} login password 'first'; alter database "${name}" owner to ${role}`)
  const file = makeFile(t, withPassword('first'))
  const { call, logLines } = await startTestService(t, {
    env: { DATABASE_URL: '', DATABASE_URL_FILE: file.path },
  })
  const list = async () => (await call('GET', '/web-session-clients')).status
  const breakConnections = () =>
    execute(url, `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`)
  assert.equal(await list(), 200)
  await execute(url, `alter role ${role} password 'second'`)
  await breakConnections()
  // The first may meet a connection that is broken and not yet known to be.
  for (let index = 0; index < 3; index += 1) assert.equal(await list(), 503)
  file.write(`${withPassword('second')}\n`)
  assert.equal(await list(), 200)
  assert.ok(logLines.some(line => line.includes('were read again from their files')))
  assert.ok(!logLines.some(line => /first|second/.test(line)))
})

test('a content that is no URL is told once, and the former URL stays in use', t => {
  const first = 'postgres://user:first@db/clients'
  const file = makeFile(t, first)
  const told: (readonly FileProblem[])[] = []
  const current = createCurrentUrl({
    url: new Secret(first),
    file: file.path,
    onReread: problems => told.push(problems),
  })
  assert.equal(current().reveal(), first)
  assert.deepEqual(told, [])
  for (const [content, why] of [
    ['', 'names an empty file'],
    ['sqlite:data.db', 'is no postgres:// URL'],
  ] as const) {
    file.write(content)
    for (let index = 0; index < 2; index += 1) assert.equal(current().reveal(), first)
    assert.deepEqual(told, [[{ name: 'DATABASE_URL_FILE', why }]])
    told.length = 0
  }
  file.write('postgres://user:second@db/clients')
  assert.equal(current().reveal(), 'postgres://user:second@db/clients')
  assert.deepEqual(told, [[]])
})
