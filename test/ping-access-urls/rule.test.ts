import assert from 'node:assert/strict'
import { test } from 'node:test'
import { when } from '../../src/ping-access-urls/rule.ts'

test('a rule is told with what is wrong and what to send instead when it is broken, and not otherwise', () => {
  const texts = ['https_only', 'It begins with http://.', 'Send https://host.'] as const
  const [rule, detail, fix] = texts
  assert.deepEqual(when(true, ...texts), [{ rule, detail, fix }])
  assert.deepEqual(when(false, ...texts), [])
})
