import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRandomBytes } from '../src/random-bytes.ts'

const sizes = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 60 })

test('whatever sizes are asked for, each gets so many bytes and none is handed out twice', () => {
  fc.assert(
    fc.property(sizes, asked => {
      let next = 0
      // Numbers instead of random bytes, so that one that comes again is seen.
      const fill = (buffer: Buffer) => {
        for (let at = 0; at + 4 <= buffer.length; at += 4) {
          next += 1
          buffer.writeUInt32LE(next, at)
        }
      }
      const randomBytes = createRandomBytes(fill)
      const seen = new Set<number>()
      for (const size of asked) {
        const bytes = randomBytes(4 * size)
        assert.equal(bytes.length, 4 * size)
        for (let at = 0; at < bytes.length; at += 4) {
          const number = bytes.readUInt32LE(at)
          assert.ok(number > 0 && !seen.has(number))
          seen.add(number)
        }
      }
    }),
  )
})

test('what was handed out is not in the pool any more', () => {
  const pools: Buffer[] = []
  const randomBytes = createRandomBytes(buffer => {
    pools.push(buffer)
    buffer.fill(1)
  })
  randomBytes(92)
  const [pool] = pools
  assert.ok(pool?.subarray(0, 92).every(byte => byte === 0))
  assert.ok(pool?.subarray(92).every(byte => byte === 1))
})

test('by default they are random', () => {
  const randomBytes = createRandomBytes()
  assert.notDeepEqual(randomBytes(32), randomBytes(32))
})
