import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeOnce } from '../src/make-once.ts'

test('what was made is made once, however many ask, and not before', async () => {
  let count = 0
  const get = makeOnce(async () => ++count)
  assert.equal(count, 0)
  assert.deepEqual([...(await Promise.all([get(), get()])), await get()], [1, 1, 1])
})

test('what failed is tried again', async () => {
  let count = 0
  const get = makeOnce(async () => {
    count += 1
    if (count === 1) throw new Error('too early')
    return count
  })
  await assert.rejects(get(), /too early/)
  assert.equal(await get(), 2)
})
