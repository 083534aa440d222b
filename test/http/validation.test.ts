import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  maxViolations,
  presentable,
  refuseViolations,
  toPointer,
  toViolations,
} from '../../src/http/validation.ts'
import { Problem, type Violation } from '../../src/problem.ts'

const token = `wscrt_${'x'.repeat(57)}`

test('a pointer escapes by RFC 6901, and masks a name that looks like a secret', () => {
  assert.equal(toPointer([]), '')
  assert.equal(toPointer(['teams', 'a/b', 'c~d', 0]), '/teams/a~1b/c~0d/0')
  assert.equal(toPointer(['teams', token]), '/teams/[masked]')
})

test('of an offending value a short text is shown, and nothing that looks like a secret or has a password', () => {
  for (const value of [7, true, null, 'http://a.example.com']) assert.equal(presentable(value), value)
  assert.equal(presentable(['a', 1]), '["a",1]')
  assert.equal(presentable('a b '.repeat(50)), `${'a b '.repeat(20)}…`)
  for (const value of [token, { deep: [token] }, 'https://user:word@a.example.com'])
    assert.equal(presentable(value), undefined)
})

test('422 with every violation, and nothing where there is none', () => {
  refuseViolations([])
  const violation: Violation = { in: 'body', pointer: '/x', rule: 'r', detail: 'd', fix: 'f' }
  assert.throws(
    () => refuseViolations([violation, violation]),
    error => error instanceof Problem && error.code === 'validation_failed' && error.violations?.length === 2,
  )
})

test('a request of nothing but errors is told a hundred of them', () => {
  const error = { keyword: 'type', instancePath: '/x', schemaPath: '', params: { type: 'string' } }
  const violations = toViolations({ validation: Array(1_000).fill(error) })
  assert.equal(violations.length, maxViolations)
})

test('an error of the schema’s is told in our own words, with what its schema says to send', () => {
  const [violation] = toViolations({
    validationContext: 'querystring',
    validation: [
      {
        ...{ keyword: 'minimum', instancePath: '/limit', schemaPath: '', params: { limit: 1 } },
        ...{ data: 0, parentSchema: { examples: [50] } },
      },
    ] as never,
  })
  assert.deepEqual(violation, {
    in: 'query',
    pointer: '/limit',
    rule: 'minimum',
    value: 0,
    detail: 'The number must be at least 1.',
    fix: 'For example: 50.',
  })
})

/** What is told of errors of the query's schema. */
const told = (...validation: object[]) =>
  toViolations({ validationContext: 'querystring', validation: validation as never }).map(
    ({ rule, detail, fix }) => [rule, detail, fix],
  )

test('a value of another type is told which one to send, in words', () => {
  const error = { keyword: 'type', instancePath: '/limit', data: '0x10' }
  assert.deepEqual(told({ ...error, params: { type: 'integer' } }), [
    ['type', 'The value must be a whole number.', 'Send a whole number.'],
  ])
  assert.deepEqual(told({ ...error, params: { type: ['object', 'null'] } }), [
    ['type', 'The value must be a JSON object or null.', 'Send a JSON object or null.'],
  ])
})

test('a text of the wrong form is one violation, also where both its pattern and its format say so', () => {
  const format = { keyword: 'format', params: { format: 'date-time' }, data: 'yesterday' }
  const pattern = { keyword: 'pattern', params: {}, data: 'yesterday' }
  const since = { instancePath: '/since' }
  assert.deepEqual(
    told({ ...pattern, ...since }, { ...format, ...since }, { ...format, instancePath: '/until' }).map(
      ([rule]) => rule,
    ),
    ['pattern', 'format'],
  )
})

test('an unknown name in the query is a parameter’s, in the body a field’s', () => {
  const unknown = {
    ...{ keyword: 'additionalProperties', instancePath: '', schemaPath: '' },
    ...{ params: { additionalProperty: 'x' }, parentSchema: { properties: { team: {}, search: {} } } },
  }
  assert.deepEqual(told(unknown), [
    ['known_names', 'There is no parameter of this name.', 'Leave it out; the parameters are team, search.'],
  ])
  const [inBody] = toViolations({ validation: [unknown] as never })
  assert.equal(inBody?.fix, 'Leave it out; the fields are team, search.')
})
