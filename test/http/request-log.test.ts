import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'

test('one line for each request: method, route, status, time, caller and code, under the id that was answered', async t => {
  const { call, logLines } = await startTestService(t)
  const { headers } = await call('POST', '/web-session-clients?x=planted', {
    body: { ...smallest, clientId: 'no spaces' },
    headers: { 'x-request-id': 'planted', 'user-agent': 'planted' },
  })
  const lines = logLines.map(line => JSON.parse(line)).filter(({ reqId }) => reqId !== undefined)
  assert.equal(lines.length, 1)
  const { time, ms, ...line } = lines[0]
  assert.deepEqual(line, {
    level: 'info',
    reqId: headers.get('x-request-id'),
    method: 'POST',
    route: '/web-session-clients',
    status: 422,
    subject: 'payments-pipeline',
    code: 'validation_failed',
    msg: 'request',
  })
  assert.ok(!logLines.join('').includes('planted'))
})

test('probes write no line, and an address with a token in it is not written', async t => {
  const { call, logLines } = await startTestService(t)
  const before = logLines.length
  await call('GET', '/health/live')
  await call('GET', '/health/ready')
  assert.equal(logLines.length, before)
  await call('GET', '/secret-retrievals/planted?token=planted')
  await call('GET', '/web-session-clients/plantedSecretInThePlaceOfAnId')
  assert.ok(!logLines.join('').includes('planted'))
})
