import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { secretVariables } from '../../src/environment.ts'
import { createEngines } from '../database/places.ts'
import { useOwnPostgresServer } from '../database/postgres-server.ts'
import { assertNotIn, findPlanted, type Place, type Planted } from '../secrets.ts'
import { environment } from '../service.ts'
import { main, prepareProcess, type ServiceProcess, tokenOf } from '../service-process.ts'
import { createKey } from '../web-session-clients/requests.ts'

const server = useOwnPostgresServer()
const engines = createEngines(server)

const secretKey = Buffer.alloc(32, 'planted-key').toString('base64url')

const makeFolder = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'leaks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const readFolder = (folder: string): Place[] =>
  readdirSync(folder).map(name => ({ name, content: readFileSync(join(folder, name)) }))

/** What the service may not show of what it was given and made. */
const prepare = async (t: TestContext, database?: string) => {
  const prepared = await prepareProcess(t, {
    SECRET_KEY: secretKey,
    ...(database !== undefined && { DATABASE_URL: database }),
  })
  const { sandbox, token, databasePath } = prepared
  const key = createKey()
  const planted: Planted[] = [
    { name: 'server key', value: secretKey },
    { name: 'PingFederate password', value: sandbox.adminPassword },
    { name: 'access token', value: token },
    { name: 'idempotency key', value: key },
    ...(database === undefined ? [] : [{ name: 'database password', value: new URL(database).password }]),
  ]
  sandbox.pingFederate.onExchange(({ requestBody }) => {
    const { clientAuth } = (requestBody ?? {}) as { clientAuth?: { secret?: string } }
    if (clientAuth?.secret) planted.push({ name: 'client secret', value: clientAuth.secret })
  })
  return { ...prepared, planted, key, databaseUrl: database ?? `sqlite:${databasePath}` }
}

type Prepared = Awaited<ReturnType<typeof prepare>>

const toBody = (clientId: string): string =>
  JSON.stringify({ clientId, pingAccessUrls: ['https://mypingaccessserver:3000'] })

/** One client that is done, and one that PingFederate has made and not yet answered. */
const createTwo = async ({ sandbox, planted, key }: Prepared, service: ServiceProcess) => {
  const done = await service.call('POST', '/web-session-clients', toBody('pa_wam'))
  assert.equal(done.status, 201)
  planted.push({ name: 'retrieval token', value: tokenOf(done) })
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>()
  const { struck } = sandbox.pingFederate.faults.next({
    match: { method: 'POST' },
    fault: { answerAfter: answers },
  })
  const creating = service
    .call('POST', '/web-session-clients', toBody('second'), { 'idempotency-key': key })
    .catch(() => undefined)
  await struck
  return { creating, answer }
}

const writtenBy = (service: ServiceProcess): Place[] =>
  Object.entries(service.written()).map(([name, content]) => ({ name, content }))

/** Makes the process hold what it was given and sent, and do something with it (`held`) at a signal that it leaves alone. */
const atSignal = (proof: string, defect: string): string[] => {
  const source = `
    import { writeFileSync } from 'node:fs'
    import { subscribe } from 'node:diagnostics_channel'
    const all = { env: { ...process.env } }
    subscribe('http.server.request.start', ({ request }) => { all.headers = request.rawHeaders })
    process.on('SIGUSR2', () => {
      const held = JSON.stringify(all)
      writeFileSync(${JSON.stringify(proof)}, held)
      ${defect}
    })`
  return ['--import', `data:text/javascript,${encodeURIComponent(source)}`]
}

const error = `Object.assign(new Error(held, { cause: new Error(held) }), { held })`

for (const [what, defect] of [
  ['an exception', `throw ${error}`],
  ['a rejection', `void Promise.reject(${error})`],
] as const) {
  test(`nothing leaks where the process ends by ${what}, with every secret in its message`, async t => {
    const prepared = await prepare(t)
    const proof = join(makeFolder(t), 'held')
    const reports = makeFolder(t)
    const service = await prepared.start({
      nodeArguments: [
        '--report-uncaught-exception',
        `--report-directory=${reports}`,
        ...atSignal(proof, defect),
      ],
    })
    const { creating, answer } = await createTwo(prepared, service)
    service.child.kill('SIGUSR2')
    await service.logged('"msg":"unexpected failure"')
    answer()
    await creating
    assert.deepEqual(await service.exited, [1, null])
    const held = findPlanted(prepared.planted, readFileSync(proof))
    for (const name of ['server key', 'PingFederate password', 'access token', 'idempotency key'])
      assert.ok(held.includes(name), name)
    assert.deepEqual(readdirSync(reports), [])
    assertNotIn([...writtenBy(service), ...readFolder(dirname(prepared.databasePath))], prepared.planted)
  })
}

test('a report on a fatal error has no secret in it', async t => {
  const prepared = await prepare(t)
  const proof = join(makeFolder(t), 'held')
  const reports = makeFolder(t)
  const service = await prepared.start({
    // A core file has all memory, here as in production.
    shell: 'ulimit -c 0',
    nodeArguments: [
      '--max-old-space-size=96',
      '--report-on-fatalerror',
      `--report-directory=${reports}`,
      ...atSignal(proof, 'const rest = []; for (;;) rest.push(held.split(""), held)'),
    ],
  })
  await createTwo(prepared, service)
  service.child.kill('SIGUSR2')
  await service.exited
  const files = readFolder(reports)
  assert.equal(files.length, 1)
  const { header, environmentVariables } = JSON.parse(String(files[0]?.content))
  assert.match(header.event, /heap|memory/i)
  // Node.js leaves the rest of it out at its start only, with --report-exclude-env.
  for (const name of secretVariables) assert.ok(!(name in environmentVariables))
  assertNotIn([...files, ...writtenBy(service)], prepared.planted)
})

for (const [name, engine] of Object.entries(engines)) {
  test(`nothing leaks where the process is killed in the middle of a create, and the server crashes, on ${name}`, async t => {
    const prepared = await prepare(t, await engine.createDatabase())
    const service = await prepared.start()
    const { creating, answer } = await createTwo(prepared, service)
    service.child.kill('SIGKILL')
    await Promise.all([service.exited, creating])
    answer()
    if (name === 'PostgreSQL') {
      await server.crash()
      await server.start()
    }
    const places = [...writtenBy(service), ...(await engine.readPlaces(prepared.databaseUrl))]
    assertNotIn(places, prepared.planted)
    assert.ok(prepared.planted.some(({ name }) => name === 'client secret'))
  })
}

test('a start that fails by what nobody expected says what the log would, and no secret of its message', async t => {
  const { sandbox, databasePath } = await prepareProcess(t)
  const env = environment(sandbox, databasePath)
  const source = `
    import { Server } from 'node:http'
    const held = JSON.stringify(process.env)
    Server.prototype.listen = () => { throw new TypeError(held) }`
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(source)}`]
  const child = spawn(process.execPath, [...preload, main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const [stdout, stderr, [code]] = await Promise.all([
    child.stdout.toArray(),
    child.stderr.toArray(),
    once(child, 'exit'),
  ])
  assert.equal(code, 1)
  assert.match(stderr.join(''), /^web-session-clients cannot start: .*"type":"TypeError"/)
  const planted = ['PINGFEDERATE_ADMIN_PASSWORD', 'SECRET_KEY'].map(name => ({
    name,
    value: env[name] ?? '',
  }))
  const places = { stdout: stdout.join(''), stderr: stderr.join('') }
  assertNotIn(
    Object.entries(places).map(([name, content]) => ({ name, content })),
    planted,
  )
})

test('SIGUSR1 opens no inspector and ends nothing', async t => {
  const { start } = await prepareProcess(t)
  const service = await start()
  service.child.kill('SIGUSR1')
  assert.equal((await service.call('POST', '/web-session-clients', toBody('pa_wam'))).status, 201)
  service.child.kill('SIGTERM')
  const closed = once(service.child, 'close')
  assert.deepEqual(await service.exited, [0, null])
  await closed
  assert.equal(service.written().stderr, '')
})
