import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Decision } from '../../src/policy/decide.ts'
import { notAllowed } from '../../src/policy/not-allowed.ts'

const host: Decision = {
  kind: 'allowed_hosts',
  isAllowed: false,
  rule: '/teams/payments/hosts',
  pointer: '/pingAccessUrls/0',
  value: 'shop.example.com',
  allowed: ['pay.example.com', '*.pay.example.com'],
}
const where = { team: 'payments', clientId: 'pa_wam', changeableBy: 'IAM team' }

test('403 tells of each refused part what would be allowed, by which rule, and who may change it', () => {
  const { status, code, violations, about, message } = notAllowed([host], where)
  assert.deepEqual([status, code], [403, 'not_allowed_by_policy'])
  assert.deepEqual(violations, [
    {
      in: 'body',
      pointer: '/pingAccessUrls/0',
      rule: 'allowed_hosts',
      value: 'shop.example.com',
      detail: 'The host is not allowed to team payments.',
      fix: 'Allowed hosts: pay.example.com, *.pay.example.com. For anything else ask IAM team.',
      policyRule: '/teams/payments/hosts',
      changeableBy: 'IAM team',
    },
  ])
  assert.deepEqual(about, { team: 'payments', clientId: 'pa_wam', rule: '/teams/payments/hosts' })
  assert.match(message, /^One part .*IAM team may change the policy\.$/)
})

test('without somebody who may change it, the operator is named; without a rule, none', () => {
  const { violations = [] } = notAllowed([{ ...host, rule: null }], { ...where, changeableBy: null })
  assert.equal(violations[0]?.changeableBy, 'The operator of this service')
  assert.ok(!('policyRule' in (violations[0] ?? {})))
})

test('a long list of what is allowed is cut, an empty one says so, and a secret is not shown back', () => {
  const fixOf = (changes: Partial<Decision>) =>
    notAllowed([{ ...host, ...changes }], where).violations?.[0]?.fix
  assert.match(
    fixOf({ allowed: Array.from({ length: 25 }, (_, index) => `h${index}`) }) ?? '',
    /h19 and 5 more\./,
  )
  assert.match(fixOf({ allowed: [] }) ?? '', /allows team payments no hosts/)
  const { violations = [] } = notAllowed([{ ...host, value: `wscrt_${'x'.repeat(57)}` }, host], where)
  assert.ok(!('value' in (violations[0] ?? {})))
  assert.equal(violations.length, 2)
})
