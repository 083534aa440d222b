import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMet, parseIfMatch } from '../../src/http/entity-tag.ts'

const parse = (value?: string) => {
  const { condition, violations } = parseIfMatch({ headers: { 'if-match': value } })
  return violations.length > 0 ? violations.map(({ pointer, rule }) => `${pointer} ${rule}`) : condition
}

test('If-Match has entity tags, any number of them and with commas in them, or *', () => {
  assert.equal(parse(), undefined)
  assert.equal(parse(' * '), '*')
  assert.deepEqual(parse('"1-a"'), ['"1-a"'])
  assert.deepEqual(parse('"1-a" ,W/"b",""'), ['"1-a"', 'W/"b"', '""'])
})

test('anything else in If-Match is a violation of its form', () => {
  for (const value of [
    '',
    '1-a',
    "'1-a'",
    '"1-a',
    '"1-a" "b"',
    '"a b"',
    'w/"a"',
    '*, "a"',
    '"a",',
    '"a\u0000"',
  ])
    assert.deepEqual(parse(value), ['/if-match entity_tag'], JSON.stringify(value))
})

test('a tag is met by the very same one and by *, never by a weak one', () => {
  for (const [value, met] of [
    ['*', true],
    ['"b", "1-a"', true],
    ['"1-A"', false],
    ['W/"1-a"', false],
  ] as const)
    assert.equal(isMet(parseIfMatch({ headers: { 'if-match': value } }).condition ?? [], '"1-a"'), met, value)
})
