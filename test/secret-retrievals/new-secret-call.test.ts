import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newSecretCall } from '../../src/secret-retrievals/new-secret-call.ts'
import { startTestService } from '../service.ts'
import { createRetrieval } from './retrievals.ts'

test('201 for the call as it is named, sent word by word', async t => {
  const service = await startTestService(t)
  await createRetrieval(service)
  const [method = '', path = ''] = newSecretCall('pa_wam').split(' ')
  assert.equal((await service.call(method, path)).status, 201)
})
