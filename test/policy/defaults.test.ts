import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findPolicyDefaults } from '../../src/policy/defaults.ts'
import { openPolicy } from '../../src/policy/team-policy.ts'
import { example, openBut, toPolicyOf } from './files.ts'

const configured = { ttlSeconds: 900, ttlMaxSeconds: 3_600, bearerAllowed: false }

test('the smallest request gets what its team is allowed, by the rule that says so', () => {
  assert.deepEqual(findPolicyDefaults(toPolicyOf(example), 'payments', configured), {
    scopes: { value: ['profile', 'email'], rule: '/teams/payments/scopes' },
    oidcPolicy: { value: 'default', rule: '/teams/payments/oidcPolicies' },
    accessTokenManager: { value: 'jwt', rule: '/teams/payments/accessTokenManagers' },
    redeemableBy: { value: 'requester', rule: '/teams/payments/retrieval/redeemableBy' },
    ttlSeconds: undefined,
  })
})

test('where the policy allows anything, the manual and the configuration decide', () => {
  const { redeemableBy: _redeemableBy, ...defaults } = findPolicyDefaults(openPolicy, 'payments', configured)
  assert.deepEqual(new Set(Object.values(defaults)), new Set([undefined]))
})

test('a life outside the bounds becomes the nearest that policy and configuration allow', () => {
  const ttlOf = (minimum: number, maximum: number) =>
    findPolicyDefaults(openBut({ retrieval: { ttlSeconds: { minimum, maximum } } }), 'payments', configured)
      .ttlSeconds?.value
  assert.equal(ttlOf(60, 3_600), undefined)
  assert.equal(ttlOf(60, 300), 300)
  assert.equal(ttlOf(1_800, 3_600), 1_800)
  assert.equal(ttlOf(7_200, 86_400), 3_600)
})

test('nobody gets a bearer token by default where the configuration has none', () => {
  const policy = openBut({ retrieval: { redeemableBy: ['bearer', 'team'] } })
  const redeemers = [false, true].map(
    bearerAllowed =>
      findPolicyDefaults(policy, 'payments', { ...configured, bearerAllowed }).redeemableBy?.value,
  )
  assert.deepEqual(redeemers, ['team', 'bearer'])
})
