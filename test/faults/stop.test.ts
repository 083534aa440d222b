import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientCount, prepareProcess } from '../service-process.ts'

const body = JSON.stringify({ clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] })

test('48: SIGTERM while PingFederate hangs: 504 with the operation, exit 0 within 20 s, and the operation is kept', async t => {
  const { sandbox, start } = await prepareProcess(t, { PINGFEDERATE_TIMEOUT_MS: '60000' })
  const service = await start()
  const { struck } = sandbox.pingFederate.faults.next({
    match: { method: 'POST' },
    fault: { answerAfter: new Promise(() => undefined) },
  })
  const creating = service.call('POST', '/web-session-clients', body)
  await struck
  const startedAt = performance.now()
  service.child.kill('SIGTERM')
  const broken = await creating
  assert.deepEqual([broken.status, broken.body['code']], [504, 'outcome_unknown'])
  assert.deepEqual(await service.exited, [0, null])
  const tookMs = performance.now() - startedAt
  t.diagnostic(`ended after ${Math.round(tookMs)} ms`)
  assert.ok(tookMs < 20_000)
  const next = await start()
  const operation = await next.call('GET', String(broken.body['operation']))
  assert.deepEqual([operation.status, operation.body['state']], [200, 'intended'])
  assert.equal(clientCount(sandbox), 1)
})
