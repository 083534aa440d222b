import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { writePolicyFile } from '../policy/files.ts'
import { clientCount, main, prepareProcess, type ServiceProcess, tokenOf } from '../service-process.ts'

const toBody = (clientId: string): string =>
  JSON.stringify({ clientId, pingAccessUrls: ['https://mypingaccessserver:3000'] })
const body = toBody('pa_wam')

/** A policy that holds nobody to anything but hosts. */
const openFor = (...hosts: string[]) => ({
  changeableBy: 'IAM team',
  defaults: {
    hosts,
    ports: 'any',
    contextRoots: 'any',
    scopes: 'any',
    oidcPolicies: 'any',
    accessTokenManagers: 'any',
    retrieval: { redeemableBy: ['team'] },
  },
})

/** A create at which PingFederate is, until `answer` lets it end. */
const createSlowly = async (sandbox: Sandbox, service: ServiceProcess) => {
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>()
  const { struck } = sandbox.pingFederate.faults.next({
    match: { method: 'POST' },
    fault: { answerAfter: answers },
  })
  const creating = service.call('POST', '/web-session-clients', body)
  await struck
  return { creating, answer }
}

test('what was answered 201 survives SIGKILL: the client is read and its secret redeemed, once', async t => {
  const { sandbox, start } = await prepareProcess(t)
  const first = await start()
  const created = await first.call('POST', '/web-session-clients', body)
  assert.equal(created.status, 201)
  first.child.kill('SIGKILL')
  assert.deepEqual(await first.exited, [null, 'SIGKILL'])
  const second = await start()
  const read = await second.call('GET', '/web-session-clients/pa_wam')
  assert.equal(read.status, 200)
  const redeem = () => second.call('POST', '/secret-retrievals', JSON.stringify({ token: tokenOf(created) }))
  const redeemed = await redeem()
  assert.equal(redeemed.status, 200)
  assert.ok(String(redeemed.body['clientSecret']).length >= 32)
  assert.equal((await redeem()).status, 410)
  assert.equal(clientCount(sandbox), 1)
})

test('SIGKILL while PingFederate is at it: nothing is shown that is not known, and the id is not lost', async t => {
  const { sandbox, start } = await prepareProcess(t, { PINGFEDERATE_TIMEOUT_MS: '100' })
  const first = await start()
  const { struck } = sandbox.pingFederate.faults.next({
    match: { method: 'POST' },
    fault: { answerAfter: new Promise(() => undefined) },
  })
  const lost = first.call('POST', '/web-session-clients', body).catch(error => error)
  await struck
  first.child.kill('SIGKILL')
  await Promise.all([lost, first.exited])
  const second = await start()
  assert.equal((await second.call('GET', '/web-session-clients/pa_wam')).status, 404)
  const again = await second.call('POST', '/web-session-clients', body)
  assert.equal(again.status, 409)
  assert.equal(clientCount(sandbox), 1)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets the request finish that waits for a slow PingFederate, and ends with 0`, async t => {
    const { sandbox, start } = await prepareProcess(t)
    const service = await start()
    const { creating, answer } = await createSlowly(sandbox, service)
    service.child.kill(signal)
    await service.logged('"msg":"stopping"')
    answer()
    const created = await creating
    assert.equal(created.status, 201)
    assert.deepEqual(await service.exited, [0, null])
    const next = await start()
    const redeemed = await next.call(
      'POST',
      '/secret-retrievals',
      JSON.stringify({ token: tokenOf(created) }),
    )
    assert.equal(redeemed.status, 200)
  })
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
  test(`${signal} while the service starts and its database does not answer ends it with 0, and says so`, async t => {
    const silent = createServer().listen(0, '127.0.0.1')
    t.after(() => silent.close())
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const { env } = await prepareProcess(t, { DATABASE_URL: `postgres://user:word@127.0.0.1:${port}/data` })
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    t.after(() => child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    const output = child.stdout.toArray()
    await once(silent, 'connection')
    child.kill(signal)
    assert.deepEqual(await exited, [0, null])
    assert.match((await output).join(''), new RegExp(`"signal":"${signal}","msg":"stopping"`))
  })
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
  test(`${signal} at the very moment the service listens ends it with 0, every time`, {
    timeout: 60_000,
  }, async t => {
    const { start } = await prepareProcess(t)
    for (let time = 0; time < 3; time += 1) {
      const { child, exited } = await start()
      child.kill(signal)
      assert.deepEqual(await exited, [0, null])
    }
  })
}

test('47: SIGTERM with 100 creates in flight: unready at once, every one of them is answered 201 and kept, exit 0', async t => {
  const { sandbox, start } = await prepareProcess(t, { PINGFEDERATE_CONCURRENCY: '128' })
  const service = await start()
  const { promise: answers, resolve: answer } = Promise.withResolvers<void>()
  sandbox.pingFederate.faults.always({ match: { method: 'POST' }, fault: { answerAfter: answers } })
  const ids = Array.from({ length: 100 }, (_, index) => `client-${index}`)
  const { promise: allArrived, resolve: arrived } = Promise.withResolvers<void>()
  const creating = ids.map(clientId => service.call('POST', '/web-session-clients', toBody(clientId)))
  const watch = setInterval(() => clientCount(sandbox) === ids.length && arrived(), 5)
  await allArrived
  clearInterval(watch)
  service.child.kill('SIGTERM')
  await service.logged('"msg":"stopping"')
  await assert.rejects(service.call('GET', '/health/ready'))
  answer()
  const created = await Promise.all(creating)
  assert.deepEqual(new Set(created.map(({ status }) => status)), new Set([201]))
  assert.deepEqual(await service.exited, [0, null])
  const next = await start()
  for (const each of created) {
    const redeemed = await next.call('POST', '/secret-retrievals', JSON.stringify({ token: tokenOf(each) }))
    assert.equal(redeemed.status, 200)
  }
})

test('49: further signals while the service stops change nothing: the request in flight is answered 201, exit 0', async t => {
  const { sandbox, start } = await prepareProcess(t)
  const service = await start()
  const { creating, answer } = await createSlowly(sandbox, service)
  service.child.kill('SIGQUIT')
  await service.logged('"msg":"stopping"')
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    service.child.kill(signal)
    await service.logged(`"signal":"${signal}","msg":"stopping already"`)
  }
  answer()
  assert.equal((await creating).status, 201)
  assert.deepEqual(await service.exited, [0, null])
})

test('SIGHUP puts a new policy file in force, refuses a wrong one and says why, and never ends the service', async t => {
  const file = writePolicyFile(t, openFor('mypingaccessserver'))
  const { start } = await prepareProcess(t, { POLICY_FILE: file.path })
  const service = await start()
  const create = async (clientId: string) =>
    (await service.call('POST', '/web-session-clients', toBody(clientId))).status
  assert.equal(await create('before'), 201)
  const reload = async (content: unknown, answer: string): Promise<string> => {
    file.write(content)
    const from = service.lines.length
    service.child.kill('SIGHUP')
    return service.logged(answer, from)
  }
  const line = await reload({ ...openFor('other.example.com'), changeableBy: '' }, 'policy file refused')
  assert.match(line, /"level":"error"/)
  assert.match(line, /"pointer":"\/changeableBy","rule":"minLength"/)
  assert.equal(await create('still'), 201)
  await reload(openFor('other.example.com'), '"msg":"policy loaded"')
  assert.equal(await create('after'), 403)
  await reload(openFor('mypingaccessserver'), '"msg":"policy loaded"')
  assert.equal(await create('again'), 201)
  service.child.kill('SIGTERM')
  assert.deepEqual(await service.exited, [0, null])
})

test('SIGHUP without a policy file changes nothing: the service goes on', async t => {
  const { start } = await prepareProcess(t)
  const service = await start()
  service.child.kill('SIGHUP')
  await service.logged('no policy file is configured; nothing was reloaded')
  assert.equal((await service.call('POST', '/web-session-clients', body)).status, 201)
  service.child.kill('SIGTERM')
  assert.deepEqual(await service.exited, [0, null])
})

test('ends with 1 and one text that names everything that is wrong with the policy file', async t => {
  const { path } = writePolicyFile(t, { teams: { payments: { hosts: ['*'], ports: [0] } } })
  const env = { PORT: 'x', POLICY_FILE: path }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const [texts, [code]] = await Promise.all([child.stderr.toArray(), once(child, 'exit')])
  assert.equal(code, 1)
  const text = texts.join('')
  for (const part of [
    'PORT',
    '/changeableBy breaks required',
    '/teams/payments/hosts/0 breaks pattern with "*"',
    '/teams/payments/ports/0 breaks minimum with 0',
    'fix: ',
  ])
    assert.ok(text.includes(part), part)
  assert.ok(!text.includes('    at '))
})

/** What a defect somewhere would do, its message (`planted`) not in the source; the signal is one that the service leaves alone. */
const planted = (defect: string) => [
  '--import',
  `data:text/javascript,process.on('SIGUSR2', () => { ${defect} })`,
]

for (const [what, defect] of [
  ['an exception', `throw new Error(atob('cGxhbnRlZA=='))`],
  ['a rejection', `void Promise.reject(new Error(atob('cGxhbnRlZA==')))`],
  [
    'a burst of rejections',
    `for (let i = 0; i < 5; i += 1) void Promise.reject(new Error(atob('cGxhbnRlZA==')))`,
  ],
] as const) {
  test(`53: ${what} that nobody handles is logged, the request in flight is answered 201, exit 1, and the next start works`, async t => {
    const { sandbox, start } = await prepareProcess(t)
    const service = await start({ nodeArguments: planted(defect) })
    const { creating, answer } = await createSlowly(sandbox, service)
    service.child.kill('SIGUSR2')
    const line = await service.logged('"msg":"unexpected failure"')
    assert.match(line, /"level":"fatal"/)
    assert.ok(!line.includes('planted'))
    answer()
    const created = await creating
    assert.equal(created.status, 201)
    assert.deepEqual(await service.exited, [1, null])
    const next = await start()
    const token = JSON.stringify({ token: tokenOf(created) })
    assert.equal((await next.call('POST', '/secret-retrievals', token)).status, 200)
  })
}

test('SIGTERM while publishing to the engines ends with 0', async t => {
  const { sandbox, start } = await prepareProcess(t, { PINGFEDERATE_REPLICATION: 'trigger' })
  const { faults } = sandbox.pingFederate
  const status = { replicationRequired: true }
  faults.always({
    match: { path: '/cluster/status' },
    fault: { answer: { kind: 'status', status: 200, body: status } },
  })
  const never = new Promise(() => undefined)
  const { struck } = faults.next({ match: { path: '/cluster/replicate' }, fault: { answerAfter: never } })
  const service = await start()
  assert.equal((await service.call('POST', '/web-session-clients', body)).status, 201)
  await struck
  service.child.kill('SIGTERM')
  assert.deepEqual(await service.exited, [0, null])
})

test('ends with 1 and one text that names every wrong setting', async t => {
  const child = spawn(process.execPath, [main], { env: { PORT: 'x' }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const [texts, [code]] = await Promise.all([child.stderr.toArray(), once(child, 'exit')])
  assert.equal(code, 1)
  const text = texts.join('')
  for (const name of ['PORT', 'PINGFEDERATE_ADMIN_URL', 'JWT_ISSUER', 'SECRET_KEY'])
    assert.ok(text.includes(name))
  assert.ok(!text.includes('    at '))
})

test('the log begins with version, database, addresses and policy, and says at the start that PingFederate’s address is wrong', async t => {
  const { start } = await prepareProcess(t, {
    PINGFEDERATE_ADMIN_URL: 'http://127.0.0.1:1',
    PINGFEDERATE_TIMEOUT: '5000',
  })
  const { lines, logged } = await start()
  const { msg, version, database, pingFederate, policy } = JSON.parse(lines[0] ?? '')
  assert.deepEqual(
    [msg, database, pingFederate, policy],
    ['starting', 'sqlite', 'http://127.0.0.1:1', 'none'],
  )
  assert.match(version, /^\d+\.\d+\.\d+/)
  const unusable = JSON.parse(await logged('PingFederate cannot be used'))
  assert.equal(unusable.reason, 'unreachable (ECONNREFUSED)')
  assert.match(unusable.fix, /Check host and port of PINGFEDERATE_ADMIN_URL/)
  const { setting, fix } = JSON.parse(await logged('may not do what is expected'))
  assert.deepEqual([setting, fix], ['PINGFEDERATE_TIMEOUT', 'Did you mean PINGFEDERATE_TIMEOUT_MS?'])
})
