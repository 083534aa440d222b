import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRefusal } from '../http/check-refusal.ts'
import { openConnection, parseAnswer } from '../http/raw-socket.ts'
import { startTestService, type TestService } from '../service.ts'

const addressOf = ({ logLines }: TestService): string => {
  const [, address = ''] = /metrics are answered at (http:[^"]+)/.exec(logLines.join('\n')) ?? []
  return address
}

test('with METRICS_PORT the metrics are answered there and nowhere else, and nothing else is answered there', async t => {
  const service = await startTestService(t, { env: { METRICS_PORT: '0' } })
  const address = addressOf(service)
  const metrics = await fetch(`${address}/metrics`)
  assert.equal(metrics.status, 200)
  assert.match(await metrics.text(), /^web_session_clients_build_info\{/m)
  const onPort = await service.call('GET', '/metrics')
  assert.deepEqual([onPort.status, onPort.body.code], [404, 'route_not_found'])
  const { body: document } = await service.call('GET', '/openapi.json')
  assert.equal(document.paths['/metrics'], undefined)
  for (const path of ['/', '/health/live', '/web-session-clients', '/documentation']) {
    const other = await fetch(address + path)
    assert.equal(other.status, 404, path)
    assert.equal(((await other.json()) as { code: string }).code, 'route_not_found')
  }
})

test('400 and 417 from that listener for a missing Host and an unknown expectation, with log line and header fields', async t => {
  const service = await startTestService(t, { env: { METRICS_PORT: '0' } })
  for (const [field, status, code] of [
    ['accept: */*', 400, 'malformed_request'],
    ['host: x\r\nexpect: nonsense', 417, 'expectation_failed'],
  ] as const) {
    const connection = openConnection(t, addressOf(service))
    connection.write(`GET /metrics HTTP/1.1\r\n${field}\r\nconnection: close\r\n\r\n`)
    checkRefusal(service, parseAnswer(await connection.received), { status, code })
  }
})

test('that listener ends with the service', async t => {
  const service = await startTestService(t, { env: { METRICS_PORT: '0' } })
  await service.stop()
  await assert.rejects(fetch(`${addressOf(service)}/metrics`))
})
