import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Exchange } from '../../src/sandbox/exchange.ts'
import { createPay, deliver, startDelivering } from '../web-sessions/delivered.ts'
import { findDescription, loadDescription } from './description.ts'

const found = findDescription(process.env, 'PINGACCESS_API_DESCRIPTION')

test('what a delivery asks of PingAccess keeps to Ping’s own description, for a new web session and for one that is there', {
  skip: found.missing,
}, async t => {
  assert.ok(found.missing === false)
  const description = loadDescription(found.path)
  const service = await startDelivering(t)
  const exchanges: Exchange[] = []
  service.pingAccess.onExchange(exchange => exchanges.push(exchange))
  await createPay(service, { requirePkce: true, scopes: ['profile'] })
  assert.deepEqual([(await deliver(service)).status, (await deliver(service)).status], [201, 200])
  assert.ok(['GET', 'POST', 'PUT'].every(method => exchanges.some(each => each.method === method)))
  assert.deepEqual(exchanges.flatMap(description.check), [])
})
