import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { startTestService } from '../service.ts'
import { readMetrics } from './exposition.ts'

test('200 in Prometheus’ text format, without a token, for nobody to keep', async t => {
  const { url } = await startTestService(t)
  const answer = await fetch(`${url}/metrics`)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const text = await answer.text()
  assert.match(text, /^# TYPE web_session_clients_http_requests_total counter$/m)
  assert.ok(text.endsWith('\n'))
})

test('many who ask at once share one reading, and who asks later gets a new one', async () => {
  const { render } = createMetrics().exposition
  const first = render()
  assert.equal(render(), first)
  await first
  assert.notEqual(render(), first)
})

test('asking leaves no line in the log', async t => {
  const service = await startTestService(t)
  const before = service.logLines.length
  await readMetrics(service)
  assert.equal(service.logLines.length, before)
})
