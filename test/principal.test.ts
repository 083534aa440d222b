import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOwnName, toOwnName } from '../src/principal.ts'

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
