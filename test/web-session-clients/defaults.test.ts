import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findPolicyDefaults } from '../../src/policy/defaults.ts'
import { openPolicy, type Policy } from '../../src/policy/team-policy.ts'
import { applyDefaults, toNewClient } from '../../src/web-session-clients/defaults.ts'
import type { CreateWebSessionClient } from '../../src/web-session-clients/schema.ts'
import { example, toPolicyOf } from '../policy/files.ts'
import { fullest, smallest } from './requests.ts'

const retrieval = { ttlSeconds: 900, ttlMaxSeconds: 3_600, bearerAllowed: false }

const apply = (request: object, policy: Policy = openPolicy) =>
  applyDefaults(request as CreateWebSessionClient, {
    team: 'payments',
    derived: ['a', 'b'].map(path => ({
      pingAccessUrl: `https://pay.example.com/${path}`,
      redirectUri: 'https://pay.example.com/pa/oidc/cb',
    })),
    retrieval,
    policy: findPolicyDefaults(policy, 'payments', retrieval),
  })

/** Names of the values that come from there. */
const namesFrom = (source: string, { identity, settings, retrieval: handOut }: ReturnType<typeof apply>) =>
  Object.entries({ ...identity, ...settings, ...handOut })
    .filter(([, each]) => each.source === source)
    .map(([name]) => name)

test('what was sent has the source request, whatever its value', () => {
  const choices = apply(fullest)
  assert.deepEqual(namesFrom('configuration', choices), ['redirectUris'])
  assert.deepEqual(namesFrom('manual', choices), [
    'enabled',
    'otherRedirectUris',
    'bypassAuthorizationApproval',
  ])
  assert.deepEqual(namesFrom('policy', choices), [])
  const { settings } = apply({ ...smallest, requirePkce: false, logout: 'none' })
  assert.deepEqual([settings.requirePkce.source, settings.logout.source], ['request', 'request'])
})

test('what the policy gives stands for what was not sent, and never for what was', () => {
  const given = ['scopes', 'oidcPolicy', 'accessTokenManager', 'redeemableBy']
  assert.deepEqual(namesFrom('policy', apply(smallest, toPolicyOf(example))).sort(), given.sort())
  assert.deepEqual(namesFrom('policy', apply(fullest, toPolicyOf(example))), [])
})

test('openid is among the scopes, sent or given, once; a client that is not restricted stays so', () => {
  const scopesOf = (request: object, policy?: Policy) => apply(request, policy).settings.scopes.value
  assert.deepEqual(scopesOf({ ...smallest, scopes: ['email', 'openid'] }), ['openid', 'email'])
  assert.deepEqual(scopesOf(smallest, toPolicyOf(example)), ['openid', 'profile', 'email'])
  assert.equal(scopesOf(smallest), null)
})

test('redirect URIs that several URLs have in common are registered once', () => {
  const { settings } = toNewClient(apply(smallest))
  assert.deepEqual(settings.redirectUris, ['https://pay.example.com/pa/oidc/cb'])
  assert.equal(settings.pingAccessUrls.length, 2)
})
