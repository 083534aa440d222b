import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deliver, startDelivered, webSessions } from '../web-sessions/delivered.ts'
import { recordCalls, writesOf } from './requests.ts'

test('422 audience_taken when a web session that exists would get the audience of another client’s', async t => {
  const service = await startDelivered(t)
  await service.administrator.send('POST', '/webSessions', {
    ...{ name: 'shop', audience: 'shop', failOnUnsupportedPreservationContentType: false },
    clientCredentials: { clientId: 'other', clientSecret: { value: 'x' }, credentialsType: 'SECRET' },
  })
  const calls = recordCalls(service.sandbox)
  const shared = await deliver(service, { body: { audience: 'shop', force: true } })
  assert.deepEqual([shared.status, shared.body.violations?.[0]?.rule], [422, 'audience_taken'])
  assert.deepEqual(writesOf(calls), [])
  assert.deepEqual(
    (await webSessions(service)).map(({ audience }) => audience),
    ['pay', 'shop'],
  )
})
