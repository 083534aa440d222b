import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pingAccessDefaults } from '../../src/web-session-clients/defaults.ts'
import { compareAttributes } from '../../src/web-sessions/compare-attributes.ts'

type Given = {
  /** What each identity mapping of the application reads; null for one of an unknown kind. */
  mappings: (string[] | null)[]
  oidcPolicy?: string | null
  policies?: Record<string, string[]> | undefined
  defaultPolicy?: string | null
}

const compare = ({ mappings, oidcPolicy = null, policies, defaultPolicy = 'default' }: Given) =>
  compareAttributes({
    recorded: { clientId: 'pay', settings: pingAccessDefaults },
    client: { oidcPolicy },
    policies: policies && { byPolicy: new Map(Object.entries(policies)), defaultPolicy },
    application: {
      ...{ id: 7, name: 'shop', contextRoot: '/', deployReservedResources: false },
      ...{ virtualHostIds: [], webSessionId: 3, identityMappingIds: mappings.map((_, index) => index + 1) },
    },
    pingAccess: {
      identityMappings: [...mappings, ['of another application']].map((attributes, index) => ({
        ...{ id: index + 1, name: `mapping-${index + 1}`, attributes },
      })),
    },
  })

const policies = { default: ['sub', 'email'], strict: ['sub'] }

test('what the policy of the client gives agrees, the default one where it names none', () => {
  const { agrees, inPingFederate, inPingAccess, fix } = compare({
    mappings: [['sub', 'email'], ['email']],
    policies,
  })
  assert.deepEqual(
    { agrees, inPingFederate, inPingAccess, fix },
    {
      ...{ agrees: true, inPingFederate: ['sub', 'email'], inPingAccess: ['sub', 'email'], fix: null },
    },
  )
  const strict = compare({ mappings: [['email', 'sub', 'groups']], policies, oidcPolicy: 'strict' })
  assert.equal(strict.agrees, false)
  assert.match(
    strict.fix ?? '',
    /the OpenID Connect policy strict give email, groups .*PATCH .* another oidcPolicy.*PUT \/applications\/7/,
  )
})

test('claims that every ID token has are given by every policy, and a member of an attribute with it', () => {
  const agreesOf = (...attributes: string[]) => compare({ mappings: [attributes], policies }).agrees
  assert.equal(agreesOf('iss', 'auth_time', 'pi.sri', 'email.verified'), true)
  assert.equal(agreesOf('emails'), false)
})

test('where nothing is read but such claims, the policy need not be known', () => {
  for (const mappings of [[], [['sub']]]) assert.equal(compare({ mappings }).agrees, true)
})

test('a policy that is not known cannot be told, nor what a mapping of another kind reads', () => {
  const unread = compare({ mappings: [['email']] })
  assert.deepEqual([unread.agrees, unread.inPingFederate], [null, null])
  assert.match(unread.fix ?? '', /See that PingFederate’s default OpenID Connect policy gives email /)
  for (const unknown of [{ oidcPolicy: 'gone' }, { defaultPolicy: null }])
    assert.equal(compare({ mappings: [['email']], policies, ...unknown }).agrees, null)
  const another = compare({ mappings: [['email'], null], policies })
  assert.equal(another.agrees, null)
  assert.match(
    another.fix ?? '',
    /the OpenID Connect policy default gives what the identity mapping mapping-2 reads/,
  )
  assert.equal(compare({ mappings: [['groups'], null], policies }).agrees, false)
})
