import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PingFederateFailure } from '../../src/pingfederate/failure.ts'
import type { Operation } from '../../src/pingfederate/transport.ts'
import { type MadeCall, watchCalls } from '../../src/pingfederate/watch-calls.ts'

/** How a call is told that ends like this. */
const outcomeOf = async (operation: Operation, send: () => Promise<unknown>): Promise<unknown> => {
  const told: MadeCall[] = []
  const call = watchCalls(send as never, made => told.push(made))
  const ended = call({ operation, method: 'GET', path: '/', read: () => undefined })
  await ended.catch(() => undefined)
  const [made = assert.fail(), ...others] = told
  assert.deepEqual([made.operation, others], [operation, []])
  assert.ok(made.seconds >= 0)
  return made.outcome
}

const failWith = (error: unknown) => () => Promise.reject(error)

test('a call is told once, by its operation and how it ended', async () => {
  assert.equal(await outcomeOf('get_version', async () => 'answer'), 'ok')
  assert.equal(await outcomeOf('get_version', failWith(new PingFederateFailure('busy'))), 'busy')
  assert.equal(await outcomeOf('get_version', failWith(new TypeError('from a test'))), 'unexpected')
})

test('403 of the cluster’s resources tells that there is no cluster, and of any other that it is forbidden', async () => {
  const forbidden = failWith(new PingFederateFailure('forbidden', { status: 403, speaker: 'itself' }))
  assert.equal(await outcomeOf('get_cluster_status', forbidden), 'not-permitted')
  assert.equal(await outcomeOf('get_prerequisites', forbidden), 'forbidden')
  assert.equal(await outcomeOf('create_client', forbidden), 'forbidden')
})

test('what a call resolves to, or fails with, is passed on as it is', async () => {
  const failure = new PingFederateFailure('busy')
  const call = { operation: 'get_version', method: 'GET', path: '/', read: () => 1 } as const
  assert.equal(await watchCalls((async () => 1) as never, () => undefined)(call), 1)
  await assert.rejects(watchCalls(failWith(failure) as never, () => undefined)(call), failure)
})
