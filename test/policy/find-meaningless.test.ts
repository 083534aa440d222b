import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMeaningless } from '../../src/policy/find-meaningless.ts'

const rulesOf = (file: unknown) => findMeaningless(file).map(({ pointer, rule }) => [pointer, rule])

test('a suffix below an IP address, and one in another notation, are refused', () => {
  assert.deepEqual(
    rulesOf({ changeableBy: 'x', defaults: { hosts: ['*.0.0.1', '127.1', '127.0.0.1', '[::1]'] } }),
    [
      ['/defaults/hosts/0', 'no_ip_host'],
      ['/defaults/hosts/1', 'plain_ip'],
    ],
  )
})

test('a context root that no PingAccess URL could have, and a life that is longer at least than at most, are refused', () => {
  const payments = {
    contextRoots: ['/shop', '/apps/*', '/a/../b', '/shop/pa/oidc/cb'],
    retrieval: { ttlSeconds: { minimum: 600, maximum: 300 } },
  }
  assert.deepEqual(rulesOf({ teams: { payments } }), [
    ['/teams/payments/contextRoots/2', 'no_dot_segments'],
    ['/teams/payments/contextRoots/3', 'base_url_only'],
    ['/teams/payments/retrieval/ttlSeconds', 'retrieval_ttl_bounds'],
  ])
})

test('what is not of the right form is not this check’s affair', () => {
  for (const file of [null, [], 'x', { defaults: 1 }, { teams: [null] }, { defaults: { hosts: [1, null] } }])
    assert.deepEqual(rulesOf(file), [])
})
