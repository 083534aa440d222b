import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getTeamPolicy, openPolicy, requestsPerMinute } from '../../src/policy/team-policy.ts'
import { example, toPolicyOf } from './files.ts'

test('a team’s entry is completed by the defaults, field by field', () => {
  const payments = toPolicyOf(example).teams.get('payments')
  assert.deepEqual(payments?.clients, { value: 5, rule: '/teams/payments/limits/clients' })
  assert.deepEqual(payments?.requestsPerMinute, { value: 60, rule: '/defaults/limits/requestsPerMinute' })
  assert.deepEqual(payments?.ttlSeconds, {
    value: { minimum: 60, maximum: 3600 },
    rule: '/defaults/retrieval/ttlSeconds',
  })
})

test('a team that is not named has the defaults, whatever its name means elsewhere', () => {
  const policy = toPolicyOf(example)
  for (const team of ['shop', '__proto__', 'constructor', 'toString', ''])
    assert.equal(getTeamPolicy(policy, team), policy.defaults)
  assert.equal(requestsPerMinute(policy, 'shop')?.value, 60)
})

test('what nothing in the file allows is allowed to nobody, by the place where the defaults would have to allow it', () => {
  const { defaults } = toPolicyOf({ changeableBy: 'IAM team' })
  assert.deepEqual(defaults.hosts, { value: [], rule: '/defaults/hosts' })
  assert.deepEqual(defaults.redeemableBy, { value: [], rule: '/defaults/retrieval/redeemableBy' })
  assert.deepEqual(
    [defaults.clients, defaults.requestsPerMinute, defaults.ttlSeconds],
    Array(3).fill(undefined),
  )
})

test('without a file every team may have anything, and nobody is limited', () => {
  const { hosts, clients } = getTeamPolicy(openPolicy, 'payments')
  assert.deepEqual([hosts, clients], [{ value: 'any', rule: null }, undefined])
  assert.equal(requestsPerMinute(openPolicy, 'payments'), undefined)
})
