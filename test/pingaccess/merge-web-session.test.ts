import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeWebSession } from '../../src/pingaccess/merge-web-session.ts'
import type { ClientSettings } from '../../src/pingfederate/client-settings.ts'
import { pingAccessDefaults } from '../../src/web-session-clients/defaults.ts'

const raw = {
  id: 7,
  name: 'Mine',
  audience: 'mine',
  oidcLoginType: 'Code',
  clientCredentials: {
    ...{ clientId: 'pa_wam', credentialsType: 'SECRET', keyPairId: 0 },
    clientSecret: { encryptedValue: 'OBF:former' },
  },
  scopes: ['profile'],
  pkceChallengeType: 'OFF',
  timeoutGroovyScript: 'x',
  unknown: { of: ['a', 'newer', 'version'] },
}

const merge = (settings: Partial<ClientSettings> = {}, asked = {}, from: object = raw) =>
  mergeWebSession(
    from as typeof raw,
    { clientId: 'pa_wam', settings: { ...pingAccessDefaults, ...settings } },
    asked,
  )

test('everything travels through but the former secret, also what nobody here knows', () => {
  const { clientCredentials, ...others } = raw
  assert.deepEqual(merge(), {
    ...others,
    clientCredentials: { clientId: 'pa_wam', credentialsType: 'SECRET' },
  })
})

test('a name and an audience that were asked for are set', () => {
  const { name, audience } = merge({}, { name: 'Pay', audience: 'pay' })
  assert.deepEqual([name, audience], ['Pay', 'pay'])
})

test('scopes are changed only where the client may not ask for one of them, unset ones included', () => {
  assert.deepEqual(merge({ scopes: ['openid', 'profile', 'email'] })['scopes'], ['profile'])
  assert.deepEqual(merge({ scopes: ['openid', 'email'] })['scopes'], ['email'])
  const { scopes, ...unset } = raw
  assert.deepEqual(merge({ scopes: ['openid', 'email'] }, {}, unset)['scopes'], ['email'])
  assert.ok(!('scopes' in merge({ scopes: null }, {}, unset)))
})

test('PKCE is switched on where the client requires it, and left as it is elsewhere', () => {
  assert.equal(merge({ requirePkce: true })['pkceChallengeType'], 'SHA256')
  assert.equal(merge({ requirePkce: false })['pkceChallengeType'], 'OFF')
})

test('the credentials become a secret, and the login type Code, whatever they were', () => {
  const others = {
    oidcLoginType: 'POST',
    clientCredentials: { clientId: 'x', credentialsType: 'CERTIFICATE' },
  }
  const { oidcLoginType, clientCredentials } = merge({}, {}, { ...raw, ...others })
  assert.deepEqual(
    [oidcLoginType, clientCredentials],
    ['Code', { clientId: 'pa_wam', credentialsType: 'SECRET' }],
  )
})
