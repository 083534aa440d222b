import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAdmin, isOwnName, reachesAsAdmin, toOwnName } from '../src/principal.ts'

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
