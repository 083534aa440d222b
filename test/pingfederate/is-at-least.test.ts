import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAtLeast } from '../../src/pingfederate/is-at-least.ts'

test('a version is compared by its first two numbers, and one that is not known is older than any', () => {
  for (const [version, expected] of [
    [[12, 3], true],
    [[12, 3, 0, 4], true],
    [[12, 10], true],
    [[13, 0], true],
    [[12, 2, 9, 9], false],
    [[11, 9], false],
    [[12], false],
    [[], false],
  ] as const)
    assert.equal(isAtLeast(version, [12, 3]), expected, version.join('.'))
})
