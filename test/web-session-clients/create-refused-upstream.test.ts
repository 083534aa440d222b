import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterOddAnswers } from '../pingfederate/odd-answers.ts'
import { startTestService } from '../service.ts'
import { clientIds, smallest } from './requests.ts'

const refused = [
  ['scopes', { scopes: ['profile', 'nowhere'] }, '/scopes', 'nowhere'],
  ['oidcPolicy', { oidcPolicy: 'nowhere' }, '/oidcPolicy', 'nowhere'],
  ['accessTokenManager', { accessTokenManager: 'nowhere' }, '/accessTokenManager', 'nowhere'],
] as const

test('422: what PingFederate refuses is mapped to the caller’s own fields, and the id stays usable', async t => {
  const { sandbox, call } = await startTestService(t)
  for (const [what, field, pointer, word] of refused) {
    await t.test(what, async () => {
      const { status, body } = await call('POST', '/web-session-clients', { body: { ...smallest, ...field } })
      assert.equal(status, 422)
      assert.equal(body.code, 'refused_by_pingfederate')
      const [violation, ...others] = body.violations
      assert.deepEqual(others, [])
      assert.equal(violation.pointer, pointer)
      assert.equal(violation.rule, 'pingfederate')
      assert.ok(violation.detail.startsWith('PingFederate says: ') && violation.detail.includes(word))
      assert.deepEqual(clientIds(sandbox), [])
    })
  }
  assert.equal((await call('POST', '/web-session-clients', { body: smallest })).status, 201)
})

/** Field paths PingFederate may name, and the caller's field each belongs to. */
const fieldPaths: [string | undefined, string][] = [
  ['clientId', '/clientId'],
  ['redirectUris[1]', '/pingAccessUrls/1'],
  ['redirectUris.0', '/pingAccessUrls/0'],
  ['redirectUris', '/pingAccessUrls'],
  ['oidcPolicy.logoutMode', '/logout'],
  ['oidcPolicy.policyGroup.id', '/oidcPolicy'],
  ['restrictedScopes[3]', '/scopes'],
  ['clientAuth.secret', ''],
  ['constructor', ''],
  ['__proto__', ''],
  ['oidcPolicy.toString', '/oidcPolicy'],
  [undefined, ''],
]

test('422: whatever field PingFederate names, the answer points into the request or at its whole', async t => {
  const { sandbox, call } = await startTestService(t)
  for (const [fieldPath, pointer] of fieldPaths) {
    await t.test(String(fieldPath), async () => {
      const body = { resultId: 'validation_error', validationErrors: [{ message: 'No.', fieldPath }] }
      sandbox.pingFederate.faults.next({
        match: { method: 'POST' },
        fault: { acts: false, answer: { kind: 'status', status: 422, body } },
      })
      const answer = await call('POST', '/web-session-clients', { body: smallest })
      assert.equal(answer.status, 422)
      assert.equal(answer.body.violations[0].pointer, pointer)
    })
  }
})

test('422: however odd PingFederate’s refusal is, it is a refusal, short, and nothing is created', async t => {
  const { sandbox, call } = await startTestService(t)
  for (const [what, { answer: refusal }] of filterOddAnswers(({ kind }) => kind === 'invalid')) {
    await t.test(what, async () => {
      sandbox.pingFederate.faults.next({ match: { method: 'POST' }, fault: { acts: false, answer: refusal } })
      const answer = await call('POST', '/web-session-clients', { body: smallest })
      assert.equal(answer.status, 422)
      assert.equal(answer.body.code, 'refused_by_pingfederate')
      assert.ok(JSON.stringify(answer.body).length < 20_000)
      assert.deepEqual(clientIds(sandbox), [])
    })
  }
})
