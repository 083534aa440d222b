import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usePostgresServer } from '../database/postgres-server.ts'
import { startProxy } from '../database/proxy.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startReplica, startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'

const server = usePostgresServer()
/** One statement's deadline and the wait for a connection, with room for a busy machine. */
const patienceMs = 12_000

test('503 in bounded time from a server that keeps connections and says nothing, and nothing was done', async t => {
  const database = await server.createDatabase()
  const proxy = await startProxy(t, database)
  const service = await startTestService(t, { database: proxy.url })
  const token = await createRetrieval(service, { clientId: 'first' })
  proxy.freeze()
  const begun = performance.now()
  const answers = await Promise.all([
    redeem(service, token),
    service.call('POST', '/web-session-clients', { body: smallest }),
    service.call('GET', '/web-session-clients'),
    service.call('GET', '/health/ready', { as: null }),
  ])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [503, 503, 503, 503],
  )
  assert.ok(performance.now() - begun < patienceMs)
  assert.deepEqual(
    service.sandbox.pingFederate.clients().map(({ clientId }) => clientId),
    ['first'],
  )
  const replica = await startReplica(t, service, { env: { DATABASE_URL: database } })
  assert.equal((await redeem(replica, token)).status, 200)
})
