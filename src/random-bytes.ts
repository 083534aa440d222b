import { randomFillSync } from 'node:crypto'

/** Some forty creates: asking the system costs the same for all of it as for one. */
const poolBytes = 4096

/**
 * Random bytes of `node:crypto`, fetched for many at a time. What is handed out is wiped from the pool, so that it is in
 * memory no longer than whoever asked for it keeps it.
 * @param fill fills all of a buffer with random bytes
 */
export const createRandomBytes = (
  fill: (buffer: Buffer) => void = randomFillSync,
): ((size: number) => Buffer) => {
  const pool = Buffer.alloc(poolBytes)
  let used = poolBytes
  return size => {
    const bytes = Buffer.alloc(size)
    if (size > poolBytes) {
      fill(bytes)
      return bytes
    }
    if (used + size > poolBytes) {
      fill(pool)
      used = 0
    }
    pool.copy(bytes, 0, used, used + size)
    pool.fill(0, used, used + size)
    used += size
    return bytes
  }
}
