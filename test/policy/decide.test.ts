import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide, type PolicyRequest } from '../../src/policy/decide.ts'
import { findPolicyDefaults } from '../../src/policy/defaults.ts'
import { openPolicy, type Policy, requestsPerMinute } from '../../src/policy/team-policy.ts'
import { example, openBut, toPolicyOf } from './files.ts'

const policy = toPolicyOf(example)
const configured = { ttlSeconds: 900, ttlMaxSeconds: 86_400, bearerAllowed: false }

const request: PolicyRequest = {
  pingAccessUrls: ['https://a.pay.example.com:8443/apps/one'],
  scopes: ['openid', 'email'],
  oidcPolicy: 'default',
  accessTokenManager: 'jwt',
  ttlSeconds: 900,
  redeemableBy: 'requester',
}

const refusedOf = (from: Policy, changes: Partial<PolicyRequest>, team = 'payments') =>
  decide(from, team, { ...request, ...changes })
    .filter(({ isAllowed }) => !isAllowed)
    .map(({ kind, rule, pointer, value }) => [kind, rule, pointer, value])

test('a request within all rules is allowed, each decision with the rule behind it', () => {
  const decisions = decide(policy, 'payments', request)
  assert.deepEqual(
    decisions.map(({ kind, isAllowed, rule }) => [kind, isAllowed, rule]),
    [
      ['allowed_hosts', true, '/teams/payments/hosts'],
      ['allowed_ports', true, '/teams/payments/ports'],
      ['allowed_context_roots', true, '/teams/payments/contextRoots'],
      ['allowed_scopes', true, '/teams/payments/scopes'],
      ['allowed_oidc_policies', true, '/teams/payments/oidcPolicies'],
      ['allowed_access_token_managers', true, '/teams/payments/accessTokenManagers'],
      ['allowed_redeemers', true, '/teams/payments/retrieval/redeemableBy'],
      ['retrieval_ttl_bounds', true, '/defaults/retrieval/ttlSeconds'],
    ],
  )
})

test('everything that is refused is told at once, with its place in the request and its rule', () => {
  const refused = refusedOf(policy, {
    pingAccessUrls: ['https://pay.example.com', 'https://example.com:9/x'],
    scopes: ['email', 'admin'],
    oidcPolicy: 'other',
    accessTokenManager: 'other',
    ttlSeconds: 3601,
    redeemableBy: 'team',
  })
  assert.deepEqual(refused, [
    ['allowed_hosts', '/teams/payments/hosts', '/pingAccessUrls/1', 'example.com'],
    ['allowed_ports', '/teams/payments/ports', '/pingAccessUrls/1', 9],
    ['allowed_context_roots', '/teams/payments/contextRoots', '/pingAccessUrls/1', '/x'],
    ['allowed_scopes', '/teams/payments/scopes', '/scopes/1', 'admin'],
    ['allowed_oidc_policies', '/teams/payments/oidcPolicies', '/oidcPolicy', 'other'],
    ['allowed_access_token_managers', '/teams/payments/accessTokenManagers', '/accessTokenManager', 'other'],
    ['allowed_redeemers', '/teams/payments/retrieval/redeemableBy', '/retrieval/redeemableBy', 'team'],
    ['retrieval_ttl_bounds', '/defaults/retrieval/ttlSeconds', '/retrieval/ttlSeconds', 3601],
  ])
})

test('a team that is not named gets the defaults', () => {
  const [[kind, rule] = [], ...others] = refusedOf(
    policy,
    { pingAccessUrls: ['https://pay.example.com'], scopes: null, oidcPolicy: null, accessTokenManager: null },
    'shop',
  )
  assert.deepEqual([kind, rule], ['allowed_hosts', '/defaults/hosts'])
  assert.deepEqual(others, [['allowed_scopes', '/defaults/scopes', '/scopes', null]])
  assert.deepEqual(requestsPerMinute(policy, 'shop'), {
    value: 60,
    rule: '/defaults/limits/requestsPerMinute',
  })
})

test('what nothing allows is refused: a file that says nothing allows nothing', () => {
  const refused = refusedOf(toPolicyOf({ changeableBy: 'IAM team' }), {})
  assert.deepEqual(
    refused.map(([kind, rule]) => [kind, rule]),
    [
      ['allowed_hosts', '/defaults/hosts'],
      ['allowed_ports', '/defaults/ports'],
      ['allowed_context_roots', '/defaults/contextRoots'],
      ['allowed_scopes', '/defaults/scopes'],
      ['allowed_oidc_policies', '/defaults/oidcPolicies'],
      ['allowed_access_token_managers', '/defaults/accessTokenManagers'],
      ['allowed_redeemers', '/defaults/retrieval/redeemableBy'],
    ],
  )
})

test('without a policy file everything is allowed to every team, and no rule is named', () => {
  const decisions = decide(openPolicy, 'anybody', { ...request, scopes: null, redeemableBy: 'bearer' })
  assert.ok(decisions.length > 0)
  for (const { isAllowed, rule } of decisions) assert.deepEqual([isAllowed, rule], [true, null])
})

for (const team of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
  test(`a team called ${team} is a team like any other that is not named`, () => {
    const [[, rule] = []] = refusedOf(policy, {}, team)
    assert.equal(rule, '/defaults/hosts')
  })
}

test('an unrestricted client is refused to a team that is held to scopes', () => {
  assert.deepEqual(refusedOf(policy, { scopes: null }), [
    ['allowed_scopes', '/teams/payments/scopes', '/scopes', null],
  ])
  assert.deepEqual(refusedOf(openBut({}), { scopes: null }), [])
})

test('PingFederate’s default is refused to a team that is held to named policies and managers', () => {
  const kinds = refusedOf(policy, { oidcPolicy: null, accessTokenManager: null }).map(([kind]) => kind)
  assert.deepEqual(kinds, ['allowed_oidc_policies', 'allowed_access_token_managers'])
})

test('the policy’s defaults are the first of its lists, all of its scopes, and the nearest time within its bounds', () => {
  const strict = openBut({ retrieval: { redeemableBy: ['team'], ttlSeconds: { minimum: 60, maximum: 300 } } })
  assert.deepEqual(findPolicyDefaults(policy, 'payments', configured), {
    scopes: { value: ['profile', 'email'], rule: '/teams/payments/scopes' },
    oidcPolicy: { value: 'default', rule: '/teams/payments/oidcPolicies' },
    accessTokenManager: { value: 'jwt', rule: '/teams/payments/accessTokenManagers' },
    redeemableBy: { value: 'requester', rule: '/teams/payments/retrieval/redeemableBy' },
    ttlSeconds: undefined,
  })
  assert.deepEqual(findPolicyDefaults(strict, 'payments', configured).ttlSeconds, {
    value: 300,
    rule: '/defaults/retrieval/ttlSeconds',
  })
})

test('the policy narrows the configuration and never widens it', () => {
  const wide = openBut({
    retrieval: { redeemableBy: ['bearer', 'team'], ttlSeconds: { minimum: 7200, maximum: 86_400 } },
  })
  const { redeemableBy, ttlSeconds } = findPolicyDefaults(wide, 'payments', {
    ...configured,
    ttlMaxSeconds: 3600,
  })
  assert.equal(redeemableBy?.value, 'team')
  assert.equal(ttlSeconds?.value, 3600)
})

test('without a policy file no default comes from it', () => {
  for (const value of Object.values(findPolicyDefaults(openPolicy, 'payments', configured)))
    assert.equal(value, undefined)
})
