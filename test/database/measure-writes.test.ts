import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureWrites } from '../../src/database/measure-writes.ts'
import type { Store } from '../../src/database/store.ts'
import { DatabaseUnavailable } from '../../src/database/unavailable.ts'

/** A store whose writes end as the test says, and what was told of them. */
const start = (write: () => Promise<unknown>) => {
  const told: string[] = []
  const store = measureWrites({ write } as unknown as Store, {
    begin: () => told.push('begin'),
    end: (outcome, seconds) => {
      assert.ok(seconds >= 0)
      told.push(outcome)
    },
  })
  return { told, write: () => store.write(async () => undefined) }
}

test('a write is told of when it begins and by how it has ended, and ends as it would have', async () => {
  const kept = start(async () => 'result')
  assert.equal(await kept.write(), 'result')
  assert.deepEqual(kept.told, ['begin', 'committed'])
  for (const [error, outcome] of [
    [new Error('from a test'), 'rolled_back'],
    [new DatabaseUnavailable(undefined), 'unavailable'],
  ] as const) {
    const failing = start(() => Promise.reject(error))
    await assert.rejects(failing.write(), error)
    assert.deepEqual(failing.told, ['begin', outcome])
  }
})
