import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAdmin, isOwnName, mayReach, reachesAsAdmin, toOwnName } from '../src/principal.ts'

const caller = (...scopes: string[]) => ({
  subject: 'ana',
  clientId: undefined,
  actingParties: [],
  teams: ['payments'],
  scopes: new Set(scopes),
})

test('an admin has the scope of that very name, and needs it for teams that are not its own', () => {
  const admin = caller('web-session-clients:admin')
  assert.deepEqual(
    [isAdmin(admin), reachesAsAdmin(admin, 'shop'), reachesAsAdmin(admin, 'payments')],
    [true, true, false],
  )
  for (const scope of ['web-session-clients:write', 'web-session-clients:admins', 'admin'])
    assert.deepEqual([isAdmin(caller(scope)), reachesAsAdmin(caller(scope), 'shop')], [false, false], scope)
})

test('without the admin scope a caller reaches the teams it is in and no other, whatever else it has; with it every team', () => {
  const name = fc.constantFrom('payments', 'Payments', 'shop', 'iam', '')
  const scope = fc.oneof(
    fc.constantFrom('web-session-clients:read', 'web-session-clients:write'),
    fc.string(),
  )
  const isOther = (each: string) => each !== 'web-session-clients:admin'
  const others = fc.array(scope.filter(isOther), { maxLength: 4 })
  fc.assert(
    fc.property(fc.array(name), name, others, (teams, team, scopes) => {
      const ordinary = { ...caller(...scopes), teams }
      assert.equal(mayReach(ordinary, team), teams.includes(team))
      const admin = { ...caller(...scopes, 'web-session-clients:admin'), teams }
      assert.equal(mayReach(admin, team), true)
      assert.equal(reachesAsAdmin(admin, team), !mayReach(ordinary, team))
    }),
  )
})

test('a name under which the service acts for itself is known as such, however its letters are written', () => {
  const own = toOwnName('recovery')
  for (const name of [
    own,
    own.toUpperCase(),
    own.replace('web', 'ｗｅｂ'),
    own.replace(':', '：'),
    toOwnName(''),
  ])
    assert.ok(isOwnName(name), name)
})

test('a name that only resembles one, or has one inside, is anybody’s', () => {
  for (const name of [
    'web-session-clients',
    'web-session-client:recovery',
    ` ${toOwnName('x')}`,
    'team:web-session-clients:x',
  ])
    assert.equal(isOwnName(name), false, name)
})
