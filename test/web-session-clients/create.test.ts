import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'

const smallest = { clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] }

test('201: the smallest request makes exactly the manual’s client, and the description that marks it', async t => {
  const { sandbox, call } = await startTestService(t)
  const sent: unknown[] = []
  sandbox.pingFederate.onExchange(exchange => {
    if (exchange.method === 'POST') sent.push(exchange.requestBody)
  })
  const { status, body, headers } = await call('POST', '/web-session-clients', { body: smallest })
  assert.equal(status, 201)
  assert.equal(headers.get('location'), '/web-session-clients/pa_wam')
  assert.equal(body.status, 'ready')
  assert.equal(sent.length, 1)
})
