import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../../src/problem.ts'
import { chooseTeam } from '../../src/web-session-clients/team.ts'

const choose = (teams: string[], team?: string, ...scopes: string[]): string =>
  chooseTeam(
    { subject: 'ana', clientId: undefined, actingParties: [], teams, scopes: new Set(scopes) },
    { clientId: 'pa_wam', ...(team !== undefined && { team }) },
  )

const codeOf = (teams: string[], team?: string, ...scopes: string[]): string => {
  try {
    return choose(teams, team, ...scopes)
  } catch (error) {
    assert.ok(error instanceof Problem)
    return error.code
  }
}

test('the only team of the caller owns the client, and of several the one that was asked for', () => {
  assert.equal(choose(['payments']), 'payments')
  assert.equal(choose(['payments'], 'payments'), 'payments')
  assert.equal(choose(['payments', 'shop'], 'shop'), 'shop')
})

test('a caller without a team, with another team, or with several and no word which, gets a problem of its own', () => {
  assert.equal(codeOf([]), 'no_team')
  assert.equal(codeOf([], 'payments'), 'no_team')
  assert.equal(codeOf(['payments'], 'shop'), 'team_not_yours')
  assert.equal(codeOf(['payments'], 'Payments'), 'team_not_yours')
  assert.equal(codeOf(['payments', 'shop']), 'team_ambiguous')
})

test('an admin may name any team, in none as in several; without that it gets the problem that everybody gets', () => {
  const admin = 'web-session-clients:admin'
  for (const teams of [[], ['payments'], ['payments', 'shop']])
    assert.equal(choose(teams, 'other', admin), 'other')
  assert.equal(choose(['payments'], undefined, admin), 'payments')
  assert.equal(codeOf([], undefined, admin), 'no_team')
  assert.equal(codeOf(['payments', 'shop'], undefined, admin), 'team_ambiguous')
})
