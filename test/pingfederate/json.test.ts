import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findValue, withValue } from '../../src/pingfederate/json.ts'

const body = { a: 1, b: { c: 2, d: { e: 3 } }, f: null }

test('a value is set in the place of the former one, in another object, and all else stays in its order', () => {
  const before = JSON.stringify(body)
  assert.equal(JSON.stringify(withValue(body, 'b.d.e', 4)), '{"a":1,"b":{"c":2,"d":{"e":4}},"f":null}')
  assert.equal(JSON.stringify(withValue(body, 'b.d', undefined)), '{"a":1,"b":{"c":2},"f":null}')
  assert.equal(JSON.stringify(body), before)
})

test('a way that is not there is made, also where something stands that is no object', () => {
  for (const path of ['a.x.y', 'f.x.y', 'new.x.y'])
    assert.equal(findValue(withValue(body, path, 'set'), path), 'set', path)
})

test('where a path leads nowhere there is no value', () => {
  for (const path of ['x', 'a.x', 'f.x', 'b.x.y']) assert.equal(findValue(body, path), undefined, path)
  assert.equal(findValue(body, 'b.d.e'), 3)
})
