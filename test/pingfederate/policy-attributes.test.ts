import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPolicyAttributes } from '../../src/pingfederate/policy-attributes.ts'
import type { Call } from '../../src/pingfederate/transport.ts'
import { startUpstream } from './upstream.ts'

const readFrom = (items: unknown, settings: object) =>
  readPolicyAttributes((async (call: Call<unknown>) =>
    call.read({ status: 200, body: call.path.endsWith('policies') ? { items } : settings })) as never)

test('attributes are read by the id of their policy, core and extended, and the default by its reference', async t => {
  const { sandbox, transport } = await startUpstream(t)
  sandbox.pingFederate.settings.oidcPolicies.push('small')
  sandbox.pingFederate.settings.policyAttributes['small'] = ['email']
  const { byPolicy, defaultPolicy } = (await readPolicyAttributes(transport.call)) ?? assert.fail()
  assert.equal(defaultPolicy, 'default')
  assert.deepEqual(byPolicy.get('small'), ['sub', 'email'])
  assert.ok(byPolicy.get('default')?.includes('name'))
})

test('what is not a list has nothing in it, and no reference is no default', async () => {
  const odd = [
    { id: 'a' },
    { id: 'b', attributeContract: { coreAttributes: null, extendedAttributes: [7] } },
    7,
  ]
  const { byPolicy, defaultPolicy } = (await readFrom(odd, { defaultPolicyRef: {} })) ?? assert.fail()
  assert.deepEqual(
    [...byPolicy],
    [
      ['a', []],
      ['b', []],
    ],
  )
  assert.equal(defaultPolicy, null)
  assert.equal((await readFrom(null, {}))?.byPolicy.size, 0)
})

test('nothing is known where either cannot be read, and nothing is thrown', async t => {
  const { sandbox, transport } = await startUpstream(t)
  sandbox.pingFederate.faults.always({ fault: { answer: { kind: 'drop' } } })
  assert.equal(await readPolicyAttributes(transport.call), undefined)
})
