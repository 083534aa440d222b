import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'

test('200 for anybody, whatever is down', async t => {
  const { call, sandbox } = await startTestService(t)
  await sandbox.close()
  const { status, body } = await call('GET', '/health/live', { as: null })
  assert.equal(status, 200)
  assert.deepEqual(body, { status: 'alive' })
})
