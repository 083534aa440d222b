import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileSchema } from '../../src/http/compilation.ts'
import { Instant } from '../../src/http/instant.ts'

const isInstant = compileSchema({ schema: Instant('When.') })

test('an instant is what the service answers for any time, and its own example', () => {
  for (const time of [0, Date.UTC(2026, 10, 23, 17), Date.UTC(9999, 11, 31)])
    assert.ok(isInstant(new Date(time).toISOString()))
  const { examples } = Instant('When.') as { examples?: string[] }
  assert.ok(examples?.every(isInstant))
})

test('a day, a local time and a number are no instant', () => {
  for (const value of [
    '2026-11-23',
    '2026-11-23T17:00:00',
    'yesterday',
    '2026-13-01T00:00:00Z',
    1_795_000_000,
  ])
    assert.ok(!isInstant(value), String(value))
})
