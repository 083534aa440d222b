import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../src/sandbox/pingfederate/faults.ts'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { readMetrics, sumOf } from './exposition.ts'

const calls = 'web_session_clients_pingfederate_calls_total'
const post = { method: 'POST', path: '/oauth/clients' }
const status = (code: number, body?: unknown): Fault => ({
  acts: false,
  answer: { kind: 'status', status: code, body },
})

test('a create counts its calls by what they were for, and how long they took', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const metrics = await readMetrics(service)
  assert.equal(sumOf(metrics, calls, { operation: 'create_client', outcome: 'ok' }), 1)
  assert.equal(sumOf(metrics, calls, { operation: 'replicate' }), 0)
  const duration = 'web_session_clients_pingfederate_call_duration_seconds_count'
  assert.equal(sumOf(metrics, duration, { operation: 'create_client' }), 1)
  assert.equal(sumOf(metrics, 'web_session_clients_pingfederate_circuit_open'), 0)
  assert.equal(sumOf(metrics, 'web_session_clients_pingfederate_waiting', { places: 'changes' }), 0)
})

test('21: credentials that PingFederate refuses raise their count, which is the alarm; no cluster does not', async t => {
  const service = await startTestService(t)
  const refused = async () => sumOf(await readMetrics(service), calls, { outcome: 'credentials_refused' })
  await service.call('POST', '/web-session-clients', { body: smallest })
  assert.equal(await refused(), 0)
  service.sandbox.pingFederate.faults.next({ match: post, fault: status(401) })
  await service.call('POST', '/web-session-clients', { body: { ...smallest, clientId: 'other' } })
  assert.equal(await refused(), 1)
})

test('24: an answer about another client raises the count of unexpected answers, which is the alarm', async t => {
  const service = await startTestService(t)
  const unexpected = async () => sumOf(await readMetrics(service), calls, { outcome: 'unexpected' })
  assert.equal(await unexpected(), 0)
  const fault = status(201, { clientId: 'another' })
  service.sandbox.pingFederate.faults.next({ match: post, fault })
  await service.call('POST', '/web-session-clients', { body: smallest })
  assert.equal(await unexpected(), 1)
})
