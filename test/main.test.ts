import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { createSandbox, type Sandbox } from '../src/sandbox/sandbox.ts'
import { audience, environment } from './service.ts'

const main = new URL('../src/main.ts', import.meta.url).pathname
const body = JSON.stringify({ clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] })

type Started = {
  child: ChildProcessByStdio<null, Readable, Readable>
  /** Resolves to code and signal. */
  exited: Promise<unknown[]>
  lines: string[]
  call: (
    method: string,
    path: string,
    body?: string,
  ) => Promise<{ status: number; body: Record<string, unknown> }>
}

/** What a process needs to be started again on the same database. */
const prepare = async (t: TestContext, others: Record<string, string> = {}) => {
  const sandbox = await createSandbox({ audience })
  t.after(() => sandbox.close())
  const folder = await mkdtemp(join(tmpdir(), 'process-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const env = { ...environment(sandbox, join(folder, 'data.db')), ...others }
  const token = await sandbox.accessToken({ service: 'payments-pipeline' })
  return { sandbox, start: () => startProcess(t, env, token) }
}

const startProcess = async (t: TestContext, env: Record<string, string>, token: string): Promise<Started> => {
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const lines: string[] = []
  const { promise: address, resolve, reject } = Promise.withResolvers<string>()
  createInterface(child.stdout).on('line', line => {
    lines.push(line)
    const [, url] = /listening at (http:[^"]+)/.exec(line) ?? []
    if (url) resolve(url)
  })
  exited.then(([code]) => reject(new Error(`ended with ${code}: ${lines.join('\n')}`)))
  const url = await address
  const call: Started['call'] = async (method, path, sent) => {
    const headers = { authorization: `Bearer ${token}`, ...(sent && { 'content-type': 'application/json' }) }
    const answer = await fetch(url + path, { method, headers, ...(sent && { body: sent }) })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return { child, exited, lines, call }
}

const tokenOf = (created: { body: Record<string, unknown> }): string =>
  (created.body['retrieval'] as { token: string }).token

const clientCount = ({ pingFederate }: Sandbox): number => pingFederate.clients().length

test('what was answered 201 survives SIGKILL: the client is read and its secret redeemed, once', async t => {
  const { sandbox, start } = await prepare(t)
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
  const { sandbox, start } = await prepare(t, { PINGFEDERATE_TIMEOUT_MS: '100' })
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
    const { sandbox, start } = await prepare(t)
    const service = await start()
    const { promise: answers, resolve: answer } = Promise.withResolvers<void>()
    const { struck } = sandbox.pingFederate.faults.next({
      match: { method: 'POST' },
      fault: { answerAfter: answers },
    })
    const creating = service.call('POST', '/web-session-clients', body)
    await struck
    service.child.kill(signal)
    await stopping(service)
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

/** Until the log says so; a signal has no other answer. */
const stopping = async ({ child, lines }: Started): Promise<void> => {
  while (!lines.some(line => line.includes('"msg":"stopping"'))) await once(child.stdout, 'data')
}

test('SIGTERM while publishing to the engines ends with 0', async t => {
  const { sandbox, start } = await prepare(t, { PINGFEDERATE_REPLICATION: 'trigger' })
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
