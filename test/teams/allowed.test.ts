import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPolicy, toPolicy } from '../../src/policy/team-policy.ts'
import { findAllowed, type Installation } from '../../src/teams/allowed.ts'
import { openBut, toPolicyOf } from '../policy/files.ts'

const usual: Installation = {
  pingAccess: { requireFullyQualifiedHosts: false, allowIpHosts: false },
  retrieval: { ttlMaxSeconds: 86_400, bearerAllowed: false },
}

const withoutPolicy = {
  value: 'any',
  source: 'configuration',
  reason: 'This installation has no policy, so that every team may ask for what its configuration permits.',
}

test('without a policy everything is allowed that the configuration permits, and it is said whose settings bound it', () => {
  assert.deepEqual(findAllowed(openPolicy, 'payments', usual), {
    hosts: withoutPolicy,
    ports: withoutPolicy,
    contextRoots: withoutPolicy,
    scopes: withoutPolicy,
    oidcPolicies: withoutPolicy,
    accessTokenManagers: withoutPolicy,
    retrieval: {
      ttlSeconds: {
        value: { minimum: 60, maximum: 86_400 },
        source: 'configuration',
        reason: 'RETRIEVAL_TTL_MAX_SECONDS of this installation permits no more.',
      },
      redeemableBy: {
        value: ['team', 'requester'],
        source: 'configuration',
        reason: 'ALLOW_BEARER_REDEMPTION of this installation permits no more.',
      },
    },
    secretMaxAgeDays: { ...withoutPolicy, value: null },
  })
  const bearerAllowed = { ...usual, retrieval: { ...usual.retrieval, bearerAllowed: true } }
  const { redeemableBy } = findAllowed(openPolicy, 'payments', bearerAllowed).retrieval
  assert.deepEqual(redeemableBy, { ...withoutPolicy, value: ['team', 'requester', 'bearer'] })
})

test('the age at which a secret is due is the team’s, else that of the defaults, with the rule that says so', () => {
  const policy = toPolicy({
    changeableBy: 'IAM team',
    defaults: { secretMaxAgeDays: 365 },
    teams: { payments: { secretMaxAgeDays: 90 } },
  })
  const told = (team: string) => findAllowed(policy, team, usual).secretMaxAgeDays
  assert.deepEqual(told('payments'), {
    ...{ value: 90, source: 'policy' },
    reason: '/teams/payments/secretMaxAgeDays of the policy allows your team this.',
  })
  assert.equal(told('shop').reason, '/defaults/secretMaxAgeDays of the policy allows your team this.')
})

test('the policy does not widen the configuration: hosts, redeemers and lives of tokens that it does not permit are left out', () => {
  const policy = openBut({
    hosts: ['10.0.0.1', 'intranet', 'pay.example.com', '*.internal', '[::1]'],
    retrieval: { redeemableBy: ['bearer', 'team'], ttlSeconds: { minimum: 60, maximum: 604_800 } },
  })
  const { hosts, retrieval } = findAllowed(policy, 'payments', usual)
  const notMore = (rule: string) =>
    ` of this installation permits no more of what ${rule} of the policy allows.`
  assert.deepEqual(hosts, {
    value: ['intranet', 'pay.example.com', '*.internal'],
    source: 'configuration',
    reason: `ALLOW_IP_HOSTS or REQUIRE_FULLY_QUALIFIED_HOSTS${notMore('/defaults/hosts')}`,
  })
  assert.deepEqual(retrieval, {
    ttlSeconds: {
      value: { minimum: 60, maximum: 86_400 },
      source: 'configuration',
      reason: `RETRIEVAL_TTL_MAX_SECONDS${notMore('/defaults/retrieval/ttlSeconds')}`,
    },
    redeemableBy: {
      value: ['team'],
      source: 'configuration',
      reason: `ALLOW_BEARER_REDEMPTION${notMore('/defaults/retrieval/redeemableBy')}`,
    },
  })
  const strict = { ...usual, pingAccess: { requireFullyQualifiedHosts: true, allowIpHosts: true } }
  assert.deepEqual(findAllowed(policy, 'payments', strict).hosts.value, [
    ...['10.0.0.1', 'pay.example.com', '*.internal', '[::1]'],
  ])
})

test('null for lives of tokens where the policy wants longer ones than the configuration permits', () => {
  const policy = openBut({
    retrieval: { redeemableBy: ['team'], ttlSeconds: { minimum: 90_000, maximum: 90_000 } },
  })
  assert.equal(findAllowed(policy, 'payments', usual).retrieval.ttlSeconds.value, null)
})

test('what nothing in the file allows is an empty list, by the rule that would have to allow it', () => {
  const { ports } = findAllowed(toPolicyOf({ changeableBy: 'IAM team' }), 'payments', usual)
  assert.deepEqual(ports, {
    value: [],
    source: 'policy',
    reason: '/defaults/ports of the policy allows your team none.',
  })
})
