import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { readBounded } from '../src/bounded-body.ts'

test('a body of as many bytes as are allowed is its text, whatever it is cut into', async () => {
  const bytes = Buffer.from('schön')
  const body = Readable.from([bytes.subarray(0, 4), bytes.subarray(4)])
  assert.equal(await readBounded(body, bytes.length), 'schön')
})

test('of a longer body nothing is told, and its rest is not read', async () => {
  const body = Readable.from([Buffer.alloc(3), Buffer.alloc(3), Buffer.alloc(3)])
  assert.equal(await readBounded(body, 5), undefined)
  assert.equal(body.destroyed, true)
})
