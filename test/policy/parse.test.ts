import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePolicy } from '../../src/policy/parse.ts'
import { example } from './files.ts'

const problemsOf = (file: unknown) =>
  parsePolicy(Buffer.from(typeof file === 'string' ? file : JSON.stringify(file))).problems ?? []

const rulesOf = (file: unknown) => problemsOf(file).map(({ pointer, rule }) => [pointer, rule])

test('a context root that another installation keeps for PingAccess is no mistake', () => {
  const long = `/${'a'.repeat(600)}`
  assert.deepEqual(problemsOf({ ...example, defaults: { contextRoots: ['/pa', '/PA/*', long] } }), [])
})

test('everything that is wrong is told at once, each with its place, rule and fix', () => {
  const problems = problemsOf({
    hosts: ['pay.example.com'],
    defaults: { hosts: 'all', ports: [443, 443, 0, '80'], scopes: ['a b'], limits: { clients: -1 } },
    teams: {
      payments: {
        hosts: [
          'https://pay.example.com',
          'Pay.example.com',
          '*pay.example.com',
          'pay.*.com',
          'bücher.example',
          7,
        ],
        contextRoots: ['shop', '/shop/', '/a/../b', '/shop/pa/oidc/cb'],
        retrieval: { ttlSeconds: { minimum: 600, maximum: 300 }, redeemableBy: ['anybody'] },
        portz: [443],
      },
      '': {},
    },
  })
  const found = new Set(problems.map(({ pointer, rule }) => `${pointer} ${rule}`))
  for (const each of [
    '/changeableBy required',
    '/hosts known_names',
    '/defaults/hosts pattern',
    '/defaults/ports uniqueItems',
    '/defaults/ports/2 minimum',
    '/defaults/ports/3 type',
    '/defaults/scopes/0 pattern',
    '/defaults/limits/clients minimum',
    ...[0, 1, 2, 3, 4].map(index => `/teams/payments/hosts/${index} pattern`),
    '/teams/payments/hosts/5 type',
    '/teams/payments/contextRoots/0 pattern',
    '/teams/payments/contextRoots/1 pattern',
    '/teams/payments/contextRoots/2 no_dot_segments',
    '/teams/payments/contextRoots/3 base_url_only',
    '/teams/payments/retrieval/ttlSeconds retrieval_ttl_bounds',
    '/teams/payments/retrieval/redeemableBy/0 enum',
    '/teams/payments/portz known_names',
    '/teams minLength',
  ])
    assert.ok(found.has(each), each)
  for (const { detail, fix } of problems) assert.ok(detail.length > 5 && fix.length > 5)
})

for (const [what, text, rule] of [
  ['nothing', '', 'malformed_json'],
  ['no JSON', '{"changeableBy": "x",}', 'malformed_json'],
  ['a comment', '{"changeableBy": "x" /* y */}', 'malformed_json'],
  ['a byte order mark', '\uFEFF{"changeableBy": "x"}', 'malformed_json'],
  ['100,000 brackets', '['.repeat(100_000), 'malformed_json'],
  ['a list', '[]', 'type'],
  ['null', 'null', 'type'],
] as const) {
  test(`a file with ${what} is refused`, () => {
    assert.deepEqual(rulesOf(text), [['', rule]])
  })
}

test('a team that stands twice is refused, because parsers disagree about which one counts', () => {
  const text = '{"changeableBy": "x", "teams": {"a": {"hosts": []}, "a": {"hosts": "any"}}}'
  assert.deepEqual(rulesOf(text), [['/teams/a', 'unique_names']])
})

for (const name of ['__proto__', 'constructor', 'prototype']) {
  test(`the name ${name} is refused, and changes no prototype`, () => {
    const text = `{"changeableBy": "x", "teams": {"${name}": {"hosts": "any"}}}`
    assert.deepEqual(rulesOf(text), [[`/teams/${name}`, 'known_names']])
    assert.equal(({} as { hosts?: unknown }).hosts, undefined)
  })
}
