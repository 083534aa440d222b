import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { gather } from '../../src/database/gather.ts'

/** A queue of numbers that tells its batches, each of which ends when told to. */
const start = (atOnce: number) => {
  const batches: number[][] = []
  const ends: (() => void)[] = []
  const add = gather<number>({
    atOnce,
    run: batch => {
      batches.push(batch)
      return new Promise<void>(resolve => ends.push(resolve))
    },
  })
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
  }
  return { add, batches, settle, end: () => ends.shift()?.() }
}

test('what comes in one turn of the event loop is one batch, in its order', async () => {
  const { add, batches, settle } = start(1)
  for (const each of [1, 2, 3]) add(each)
  await settle()
  assert.deepEqual(batches, [[1, 2, 3]])
})

test('what comes while as many batches as may be are under way is the next one', async () => {
  const { add, batches, settle, end } = start(1)
  add(1)
  await settle()
  add(2)
  await settle()
  add(3)
  assert.deepEqual(batches, [[1]])
  end()
  await settle()
  assert.deepEqual(batches, [[1], [2, 3]])
})

test('a second batch begins beside the first where two may be under way, and a third does not', async () => {
  const { add, batches, settle } = start(2)
  for (const each of [1, 2, 3]) {
    add(each)
    await settle()
  }
  assert.deepEqual(batches, [[1], [2]])
})

/** Ends every batch that there is, and those that follow. */
const endAll = async (batches: unknown[], end: () => void, settle: () => Promise<void>): Promise<void> => {
  for (let ended = batches.length; ended < 450; ended += 1) {
    end()
    await settle()
  }
}

test('whatever comes and ends when, each entry is in one batch, in its order, and the last batch leaves none behind', async () => {
  for (const atOnce of [1, 2, 3]) {
    const { add, batches, settle, end } = start(atOnce)
    // A fixed sequence of adding and ending, as mixed as a random one and the same each time.
    for (let step = 0; step < 400; step += 1) {
      add(step)
      if ((step * 7919) % 5 === 0) end()
      if ((step * 104_729) % 7 < 3) await setImmediate()
    }
    await endAll(batches, end, settle)
    assert.deepEqual(
      batches.flat(),
      Array.from({ length: 400 }, (_, index) => index),
    )
    add(400)
    await settle()
    assert.deepEqual(batches.at(-1), [400])
  }
})
