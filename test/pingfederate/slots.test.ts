import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlots } from '../../src/pingfederate/slots.ts'

const waitMs = 2_000

test('who gives up waiting leaves the queue, while every slot is still held, and another can wait there', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { take, state } = createSlots(1, 1, waitMs)
  const held = Promise.withResolvers<string>()
  const first = take(() => held.promise)
  const neverBegins = async () => assert.fail('has begun')
  const late = assert.rejects(take(neverBegins), { kind: 'busy', retryAfterSeconds: 1 })
  await assert.rejects(take(neverBegins), { kind: 'busy' }, 'beyond the queue')
  t.mock.timers.tick(waitMs)
  await late
  assert.deepEqual(state(), { running: 1, waiting: 0 })
  const next = take(async () => 'next')
  assert.deepEqual(state(), { running: 1, waiting: 1 })
  held.resolve('first')
  assert.deepEqual(await Promise.all([first, next]), ['first', 'next'])
  assert.deepEqual(state(), { running: 0, waiting: 0 })
})

test('a slot is passed on in the order of coming, also by work that fails', async () => {
  const { take } = createSlots(1, 2, waitMs)
  const begun: string[] = []
  const work = (name: string) => async () => {
    begun.push(name)
    throw new Error(name)
  }
  const names = ['a', 'b', 'c']
  await Promise.all(names.map(name => assert.rejects(take(work(name)), { message: name })))
  assert.deepEqual(begun, names)
})
