import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findSecretDue } from '../../src/policy/secret-due.ts'
import { openPolicy, toPolicy } from '../../src/policy/team-policy.ts'

const secretChangedAt = '2026-11-23T17:00:00.000Z'

test('200: a secret is due after the days that its team has, or else the defaults', () => {
  const policy = toPolicy({
    changeableBy: 'IAM team',
    defaults: { secretMaxAgeDays: 365 },
    teams: { payments: { secretMaxAgeDays: 7 }, shop: {} },
  })
  const due = (team: string) => findSecretDue(policy, { team, secretChangedAt })
  assert.equal(due('payments'), '2026-11-30T17:00:00.000Z')
  for (const team of ['shop', 'not-named']) assert.equal(due(team), '2027-11-23T17:00:00.000Z')
})

test('200: no secret is ever due where no policy says so', () => {
  for (const policy of [openPolicy, toPolicy({ changeableBy: 'IAM team' })])
    assert.equal(findSecretDue(policy, { team: 'payments', secretChangedAt }), null)
})
