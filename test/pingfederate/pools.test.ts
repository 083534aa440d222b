import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pool } from 'undici'
import { createPools } from '../../src/pingfederate/pools.ts'

/** Pools that are closed once their calls have ended, which here nobody's have; and what was asked of them. */
const startPools = () => {
  let certificates = { ca: 'first' }
  const asked: string[] = []
  const open = (origin: string): Pool => {
    const name = `${origin} ${certificates.ca}`
    return {
      close: () => {
        asked.push(`close ${name}`)
        return new Promise(() => undefined)
      },
      destroy: async () => void asked.push(`destroy ${name}`),
    } as unknown as Pool
  }
  const pools = createPools({ identity: { certificates: () => certificates as never }, open })
  const exchange = (ca: string) => {
    certificates = { ca }
  }
  return { pools, asked, exchange }
}

test('each origin has a pool of its own, for as long as the certificates are the same', () => {
  const { pools, asked } = startPools()
  const pool = pools.get('a')
  assert.notEqual(pools.get('b'), pool)
  assert.equal(pools.get('a'), pool)
  assert.deepEqual(asked, [])
})

test('exchanged certificates replace every pool, and the former ones end once their calls have', () => {
  const { pools, asked, exchange } = startPools()
  const former = [pools.get('a'), pools.get('b')]
  exchange('second')
  const pool = pools.get('a')
  assert.ok(!former.includes(pool))
  assert.equal(pools.get('a'), pool)
  assert.ok(!former.includes(pools.get('b')))
  assert.deepEqual(asked, ['close a first', 'close b first'])
})

test('a stop ends the calls of the former pools too, and says that it has begun', async () => {
  const { pools, asked, exchange } = startPools()
  pools.get('a')
  exchange('second')
  pools.get('a')
  assert.equal(pools.isClosed(), false)
  const closed = pools.close()
  assert.equal(pools.isClosed(), true)
  await closed
  assert.deepEqual(asked.slice(1), ['destroy a first', 'destroy a second'])
})
