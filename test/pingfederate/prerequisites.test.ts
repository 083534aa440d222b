import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Prerequisites, readPrerequisites } from '../../src/pingfederate/prerequisites.ts'
import type { Call } from '../../src/pingfederate/transport.ts'
import { filterOddAnswers, isOddForClientsOnly } from './odd-answers.ts'
import { startUpstream } from './upstream.ts'

/** What is read where PingFederate answers these bodies, by the end of their paths. */
const readFrom = (bodies: Record<string, unknown>): Promise<Prerequisites> =>
  readPrerequisites((async (call: Call<unknown>) => {
    const [, body = {}] = Object.entries(bodies).find(([path]) => call.path.endsWith(path)) ?? []
    return call.read({ status: 200, body })
  }) as never)

test('scopes and scope groups are read by name, managers and policies by id, defaults by reference', async () => {
  const read = await readFrom({
    authServerSettings: {
      scopes: [{ name: 'profile' }],
      scopeGroups: [{ name: 'staff' }],
      exclusiveScopes: [{ name: 'admin' }],
      exclusiveScopeGroups: null,
      trackUserSessionsForLogout: true,
    },
    accessTokenManagers: { items: [{ id: 'jwt' }, { id: 7 }, null] },
    'accessTokenManagers/settings': { defaultAccessTokenManagerRef: { id: 'jwt' } },
    'openIdConnect/policies': { items: [{ id: 'default' }] },
    'openIdConnect/settings': { defaultPolicyRef: { id: 'default' } },
  })
  assert.deepEqual(read, {
    scopes: { common: ['profile', 'staff'], exclusive: ['admin'] },
    isTrackingSessions: true,
    accessTokenManagers: ['jwt'],
    defaultAccessTokenManager: 'jwt',
    oidcPolicies: ['default'],
    defaultOidcPolicy: 'default',
    failures: [],
  })
})

test('null, {} and an empty id are no default, and an earlier version’s setting of sessions is read, too', async () => {
  for (const reference of [null, {}, { id: '' }, undefined]) {
    const read = await readFrom({
      'accessTokenManagers/settings': { defaultAccessTokenManagerRef: reference },
      'openIdConnect/settings': {
        defaultPolicyRef: reference,
        sessionSettings: { trackUserSessionsForLogout: false },
      },
    })
    assert.deepEqual([read.defaultAccessTokenManager, read.defaultOidcPolicy], [null, null])
    assert.equal(read.isTrackingSessions, false)
  }
})

test('what PingFederate answers oddly stays unknown, with a failure for the log, and nothing is thrown', async t => {
  const { sandbox, transport } = await startUpstream(t)
  const { faults } = sandbox.pingFederate
  for (const [what, { answer }] of filterOddAnswers(odd => !isOddForClientsOnly(odd))) {
    const { remove } = faults.always({ fault: { answer } })
    const { failures, ...read } = await readPrerequisites(transport.call)
    remove()
    assert.equal(failures.length, 5, what)
    assert.deepEqual(new Set(Object.values(read)), new Set([undefined]), what)
  }
})
