import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import pino from 'pino'
import { loggerOptions } from '../../src/log.ts'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { createRetrieval } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import { recordCalls, smallest } from '../web-session-clients/requests.ts'
import { sendAndReset, toText } from './reset-connection.ts'

const server = usePostgresServer()

const engines: Record<string, (t: TestContext) => Promise<string | undefined>> = {
  SQLite: async () => undefined,
  PostgreSQL: t => server.createDatabase(t),
}

type Line = { audit?: boolean; level?: string; action?: string; outcome?: string; address?: string }

const startWatched = async (t: TestContext, options: Parameters<typeof startTestService>[1]) => {
  const lines = new EventEmitter()
  const write = (line: string) => void lines.emit('line', JSON.parse(line))
  const service = await startTestService(t, {
    ...options,
    world: { log: pino(loggerOptions('info'), { write }) },
  })
  /** The next line of the log that tells of an audit event, or that something has gone wrong. */
  const nextEvent = async (outcome?: string): Promise<Line> => {
    for (;;) {
      const [line] = (await once(lines, 'line')) as [Line]
      const isEvent = line.audit && (outcome === undefined || line.outcome === outcome)
      if (isEvent || line.level === 'error') return line
    }
  }
  return { ...service, nextEvent }
}

const told = ({ action, outcome, address }: Line) => [action, outcome, address]

for (const [engine, createDatabase] of Object.entries(engines)) {
  const start = async (t: TestContext, env: Record<string, string> = {}) => {
    const database = await createDatabase(t)
    return startWatched(t, { env, ...(database !== undefined && { database }) })
  }

  describe(`a caller who resets the connection is on record, on ${engine}`, () => {
    test('403 that nobody waits for, with the address it came from', async t => {
      const service = await start(t)
      const token = await service.sandbox.accessToken({
        service: 'payments-pipeline',
        scope: 'secrets:redeem',
      })
      const event = service.nextEvent()
      await sendAndReset(t, service, { method: 'GET', path: '/web-session-clients/pa_wam', token })
      assert.deepEqual(told(await event), ['client.read', 'refused', '127.0.0.1'])
    })

    test('403 behind a trusted proxy that resets, with the address that the proxy names', async t => {
      const service = await start(t, { TRUST_PROXY: '127.0.0.1' })
      const token = await service.sandbox.accessToken({
        service: 'payments-pipeline',
        scope: 'secrets:redeem',
      })
      const event = service.nextEvent()
      const headers = ['X-Forwarded-For: 192.0.2.7']
      await sendAndReset(t, service, { method: 'GET', path: '/web-session-clients/pa_wam', token, headers })
      assert.deepEqual(told(await event), ['client.read', 'refused', '192.0.2.7'])
    })

    test('201 that nobody waits for: the create goes its whole way', async t => {
      const service = await start(t)
      const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
      const event = service.nextEvent('done')
      await sendAndReset(t, service, { method: 'POST', path: '/web-session-clients', token, body: smallest })
      assert.deepEqual(told(await event), ['client.create', 'done', '127.0.0.1'])
    })

    test('200 that nobody waits for: the secret is spent, and 204: the token is revoked', async t => {
      const service = await start(t)
      const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
      const retrieval = await createRetrieval(service)
      await createRetrieval(service, { clientId: 'other' })
      const redeemed = service.nextEvent()
      const path = '/secret-retrievals'
      await sendAndReset(t, service, { method: 'POST', path, token, body: { token: retrieval } })
      assert.deepEqual(told(await redeemed), ['secret.redeem', 'done', '127.0.0.1'])
      const revoked = service.nextEvent()
      const other = '/web-session-clients/other/retrieval'
      await sendAndReset(t, service, { method: 'DELETE', path: other, token })
      assert.deepEqual(told(await revoked), ['retrieval.revoke', 'done', '127.0.0.1'])
    })
  })
}

test('nothing is done for who has reset the connection before it was taken, because nobody knows who it was', async t => {
  const service = await startTestService(t)
  const calls = recordCalls(service.sandbox)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  const text = toText({ method: 'POST', path: '/web-session-clients', token, body: smallest })
  const { port } = new URL(service.url)
  const script = `const socket = require('node:net').connect(${port}, '127.0.0.1', () => {
    socket.write(${JSON.stringify(text)})
    socket.resetAndDestroy()
  })`
  // It waits for the other process, and takes no connection meanwhile.
  const { status } = spawnSync(process.execPath, ['-e', script])
  assert.equal(status, 0)
  assert.equal((await service.call('GET', '/web-session-clients')).status, 200)
  assert.deepEqual(calls, [])
  assert.deepEqual(await execute(service.env['DATABASE_URL'] ?? '', 'select * from audit_event'), [])
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
})
