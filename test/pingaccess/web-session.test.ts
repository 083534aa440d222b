import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseWebSession, toWebSession } from '../../src/pingaccess/web-session.ts'
import type { ClientSettings } from '../../src/pingfederate/client-settings.ts'
import { pingAccessDefaults } from '../../src/web-session-clients/defaults.ts'

const choose = (settings: Partial<ClientSettings> = {}, clientId = 'pa_wam') =>
  toWebSession(chooseWebSession({ clientId, settings: { ...pingAccessDefaults, ...settings } }))

test('a client that is not restricted has the scopes that PingAccess asks for by itself', () => {
  const { scopes, requestProfile } = choose()
  assert.deepEqual([scopes, requestProfile], [['address', 'email', 'phone', 'profile'], true])
})

test('no scope is asked for that the client may not have, not by the deprecated switch for all of them either', () => {
  for (const [restricted, asked, all] of [
    [['openid', 'email'], ['email'], false],
    [['openid'], [], false],
    [
      ['openid', 'profile', 'email', 'address', 'phone', 'groups'],
      ['profile', 'email', 'address', 'phone', 'groups'],
      true,
    ],
  ] as const) {
    const { scopes, requestProfile } = choose({ scopes: [...restricted] })
    assert.deepEqual([scopes, requestProfile], [asked, all])
  }
})

test('PKCE is used whether or not the client requires it, and the reason says which', () => {
  for (const requirePkce of [true, false]) {
    const { pkceChallengeType } = chooseWebSession({
      clientId: 'pa_wam',
      settings: { ...pingAccessDefaults, requirePkce },
    })
    assert.equal(pkceChallengeType.value, 'SHA256')
    assert.equal(/does not require/.test(pkceChallengeType.reason), !requirePkce)
  }
})

test('the place of the secret has none, and says so to whoever forgets to put it in', () => {
  assert.deepEqual(choose().clientCredentials, {
    clientId: 'pa_wam',
    clientSecret: { value: null },
    credentialsType: 'SECRET',
  })
})

test('an audience has 1 to 32 characters, and those of ids that begin alike are told apart', () => {
  assert.equal(choose({}, 'a'.repeat(32)).audience, 'a'.repeat(32))
  const long = ['b', 'c'].map(end => choose({}, `${'a'.repeat(63)}${end}`).audience)
  assert.deepEqual(
    long.map(({ length }) => length),
    [32, 32],
  )
  assert.ok(long.every(audience => audience.startsWith(`${'a'.repeat(23)}-`)))
  assert.equal(new Set(long).size, 2)
  assert.equal(choose({}, `${'a'.repeat(63)}b`).audience, long[0])
})
