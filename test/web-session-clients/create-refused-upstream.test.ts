import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterOddAnswers } from '../pingfederate/odd-answers.ts'
import { startTestService } from '../service.ts'
import { clientIds, createKey, createUnderKey, smallest } from './requests.ts'

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
  ['redirectUris[1]', '/pingAccessUrls/2'],
  ['redirectUris[9]', '/pingAccessUrls'],
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
  // The first two have one redirect URI.
  const pingAccessUrls = [
    'https://pay.example.com/shop',
    'https://pay.example.com/cart',
    'https://b.example.com',
  ]
  for (const [fieldPath, pointer] of fieldPaths) {
    await t.test(String(fieldPath), async () => {
      const body = { resultId: 'validation_error', validationErrors: [{ message: 'No.', fieldPath }] }
      sandbox.pingFederate.faults.next({
        match: { method: 'POST' },
        fault: { acts: false, answer: { kind: 'status', status: 422, body } },
      })
      const answer = await call('POST', '/web-session-clients', { body: { ...smallest, pingAccessUrls } })
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

const post = { method: 'POST', path: '/oauth/clients' }
const blocked = (status: number) =>
  ({ acts: false, answer: { kind: 'status', status, body: '<html>Blocked.</html>' } }) as const

test('67: 502 pingfederate_invalid_response for a page that refuses a create; under the same key 201 once there is none', async t => {
  const service = await startTestService(t)
  for (const status of [400, 401, 403, 422]) {
    const { remove } = service.sandbox.pingFederate.faults.always({ match: post, fault: blocked(status) })
    const key = createKey()
    const body = { ...smallest, clientId: `client-${status}` }
    const refused = await createUnderKey(service, key, { body })
    assert.deepEqual([refused.status, refused.body.code], [502, 'pingfederate_invalid_response'])
    remove()
    assert.equal((await createUnderKey(service, key, { body })).status, 201)
  }
})

test('68: 201 for every create of another team while a firewall refuses those of one', async t => {
  const service = await startTestService(t)
  for (let index = 0; index < 20; index += 1) {
    const { faults } = service.sandbox.pingFederate
    const { remove } = faults.always({ match: post, fault: blocked(403) })
    const body = { ...smallest, clientId: `blocked-${index}`, description: 'see ../docs' }
    assert.equal((await service.call('POST', '/web-session-clients', { body })).status, 502)
    remove()
    const other = { ...smallest, clientId: `other-${index}` }
    const made = await service.call('POST', '/web-session-clients', { body: other, as: 'shop-pipeline' })
    assert.equal(made.status, 201)
  }
})

for (const resultId of ['license_agreement_not_accepted', 'insufficient_privileges'])
  test(`69: 502 pingfederate_forbidden for ${resultId}, with the reason in the log and nobody held up`, async t => {
    const service = await startTestService(t)
    const answer = { kind: 'status', status: 403, body: { resultId, message: 'You may not.' } } as const
    service.sandbox.pingFederate.faults.next({ match: post, fault: { acts: false, answer } })
    const refused = await service.call('POST', '/web-session-clients', { body: smallest })
    assert.deepEqual([refused.status, refused.body.code], [502, 'pingfederate_forbidden'])
    assert.ok(service.logLines.some(line => line.includes(resultId)))
    assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
  })

test('422: what PingFederate says of the secret asks nothing of the caller, who never sent one', async t => {
  const service = await startTestService(t)
  const validationErrors = [{ errorId: 'too_short', message: 'Too short.', fieldPath: 'clientAuth.secret' }]
  const body = { resultId: 'validation_error', validationErrors }
  service.sandbox.pingFederate.faults.next({
    match: post,
    fault: { acts: false, answer: { kind: 'status', status: 422, body } },
  })
  const refused = await service.call('POST', '/web-session-clients', { body: smallest })
  const [{ detail, fix }] = refused.body.violations
  assert.equal(detail, 'PingFederate says: Too short. (too_short)')
  assert.match(fix, /You did not send/)
})

test('502 pingfederate_invalid_response, not a refusal, for a dry run whose look is refused', async t => {
  const service = await startTestService(t)
  const body = { resultId: 'validation_error', message: 'No.' }
  service.sandbox.pingFederate.faults.next({
    match: { method: 'GET' },
    fault: { answer: { kind: 'status', status: 400, body } },
  })
  const dry = await service.call('POST', '/web-session-clients?dryRun=true', { body: smallest })
  assert.deepEqual([dry.status, dry.body.code], [502, 'pingfederate_invalid_response'])
})
