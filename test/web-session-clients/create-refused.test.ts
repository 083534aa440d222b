import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { type Answer, startTestService, type TestService } from '../service.ts'
import { clientIds, recordCalls, smallest, writesOf } from './requests.ts'

type CallOptions = Parameters<TestService['call']>[2]

/** Sends a create request that must be refused without PingFederate hearing of it, or the database keeping any of it. */
const refuse = async (service: TestService, options: CallOptions, status: number, code: string) => {
  const calls = recordCalls(service.sandbox)
  const answer = await service.call('POST', '/web-session-clients', options)
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  assert.equal(answer.body.code, code)
  assert.match(String(answer.headers.get('content-type')), /^application\/problem\+json/)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.deepEqual(calls, [])
  return answer
}

const rulesOf = ({ body }: Answer): [string, string][] =>
  body.violations.map(({ pointer, rule }: { pointer: string; rule: string }) => [pointer, rule])

test('400 for what is not JSON, and nothing is created', async t => {
  const service = await startTestService(t)
  for (const body of ['{"clientId":', 'null,', '{"clientId":"a",}', "{'clientId':'a'}", '']) {
    await refuse(service, { body }, 400, 'malformed_json')
  }
})

test('401 without a token, with the challenge of RFC 6750 and no error code in it', async t => {
  const service = await startTestService(t)
  const { headers } = await refuse(service, { as: null, body: smallest }, 401, 'unauthenticated')
  assert.equal(headers.get('www-authenticate'), 'Bearer realm="web-session-clients"')
})

test('401 before the body is looked at', async t => {
  const service = await startTestService(t)
  await refuse(service, { as: null, body: '{"clientId":' }, 401, 'unauthenticated')
  await refuse(service, { token: 'a.b.c', body: '{"clientId":' }, 401, 'invalid_token')
})

test('403 insufficient_scope names the scope in the challenge', async t => {
  const service = await startTestService(t)
  const token = await service.sandbox.accessToken({
    service: 'payments-pipeline',
    scope: 'web-session-clients:read secrets:redeem',
  })
  const { headers } = await refuse(service, { token, body: smallest }, 403, 'insufficient_scope')
  assert.equal(
    headers.get('www-authenticate'),
    'Bearer realm="web-session-clients", error="insufficient_scope", scope="web-session-clients:write"',
  )
})

test('403 for a caller without a team, whatever team it names', async t => {
  const service = await startTestService(t)
  await refuse(service, { as: 'operator', body: smallest }, 403, 'no_team')
  const token = await service.sandbox.accessToken({
    service: 'operator',
    scope: 'web-session-clients:write',
  })
  await refuse(service, { token, body: { ...smallest, team: 'payments' } }, 403, 'no_team')
})

test('403 for another team’s name, and the caller learns only its own', async t => {
  const service = await startTestService(t)
  const { body } = await refuse(service, { body: { ...smallest, team: 'shop' } }, 403, 'team_not_yours')
  assert.ok(body.detail.includes('payments'))
  assert.ok(!body.detail.includes('shop'))
})

test('409 when the own team holds the client id: told since when and to read it, the client unchanged', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const before = service.sandbox.pingFederate.clients()
  const again = { ...smallest, name: 'Another', pingAccessUrls: ['https://other.example.com'] }
  const { body } = await refuse(service, { body: again }, 409, 'client_id_taken')
  assert.match(body.detail, /^Team payments has this client since \S+Z; read it under this id/)
  assert.deepEqual(service.sandbox.pingFederate.clients(), before)
})

test('409 when another team holds the client id: told nothing but that', async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const { body } = await refuse(service, { as: 'shop-pipeline', body: smallest }, 409, 'client_id_taken')
  const { instance, ...rest } = body
  assert.deepEqual(rest, {
    type: 'urn:problem:web-session-clients:client_id_taken',
    code: 'client_id_taken',
    title: 'The client id is taken',
    status: 409,
    detail: 'The client id is taken. Choose another one.',
  })
})

test('409 when PingFederate has a client that this service did not make: it is not touched', async t => {
  const { sandbox, call } = await startTestService(t)
  await callAdminApi(sandbox, 'POST', '/oauth/clients', paWam)
  const before = await callAdminApi(sandbox, 'GET', '/oauth/clients/pa_wam')
  const calls = recordCalls(sandbox)
  const { status, body } = await call('POST', '/web-session-clients', { body: smallest })
  assert.equal(status, 409)
  assert.equal(body.code, 'client_exists_in_pingfederate')
  const { body: after } = await callAdminApi(sandbox, 'GET', '/oauth/clients/pa_wam')
  const [was, is] = [before.body, after].map(({ clientAuth, ...client }) => client)
  assert.deepEqual(is, was)
  assert.deepEqual(
    writesOf(calls).map(each => each.status),
    [422],
  )
  const read = await call('GET', '/web-session-clients/pa_wam')
  assert.equal(read.status, 404)
})

test('409 for all but one of many requests for the same client id at once', async t => {
  const { sandbox, call } = await startTestService(t)
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => call('POST', '/web-session-clients', { body: smallest })),
  )
  const statuses = answers.map(({ status }) => status).sort()
  assert.deepEqual(statuses, [201, ...Array(9).fill(409)])
  assert.deepEqual(clientIds(sandbox), ['pa_wam'])
})

test('413 for a body over the limit, and nothing is created', async t => {
  const service = await startTestService(t)
  const body = { ...smallest, description: 'x'.repeat(70_000) }
  await refuse(service, { body }, 413, 'body_too_large')
})

test('415 for every other content type, and nothing is created', async t => {
  const service = await startTestService(t)
  const types = [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json-patch+json',
    'application/problem+json',
    'text/json',
    'application/jsonx',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
  ]
  for (const type of types) {
    await refuse(
      service,
      { body: smallest, headers: { 'content-type': type } },
      415,
      'unsupported_media_type',
    )
  }
})

const invalid: [string, unknown, [string, string][]][] = [
  ['no object', null, [['', 'type']]],
  ['a list', [], [['', 'type']]],
  ['a text', '"x"', [['', 'type']]],
  [
    'nothing in it',
    {},
    [
      ['/clientId', 'required'],
      ['/pingAccessUrls', 'required'],
    ],
  ],
  ['no URL', { ...smallest, pingAccessUrls: [] }, [['/pingAccessUrls', 'minItems']]],
  ['a URL instead of a list', { ...smallest, pingAccessUrls: 'https://a.b' }, [['/pingAccessUrls', 'type']]],
  ['an empty URL', { ...smallest, pingAccessUrls: [''] }, [['/pingAccessUrls/0', 'minLength']]],
  [
    'a giant URL',
    { ...smallest, pingAccessUrls: [`https://a.b/${'x'.repeat(2048)}`] },
    [['/pingAccessUrls/0', 'maxLength']],
  ],
  [
    'the same URL twice',
    { ...smallest, pingAccessUrls: ['https://a.b', 'https://A.b:443/'] },
    [['/pingAccessUrls/1', 'unique']],
  ],
  [
    '51 URLs',
    { ...smallest, pingAccessUrls: Array.from({ length: 51 }, (_, i) => `https://a${i}.b`) },
    [['/pingAccessUrls', 'maxItems']],
  ],
  ['an empty id', { ...smallest, clientId: '' }, [['/clientId', 'pattern']]],
  ['an id beginning with a dot', { ...smallest, clientId: '..' }, [['/clientId', 'pattern']]],
  [
    'an id of 65 characters',
    { ...smallest, clientId: 'a'.repeat(65) },
    [
      ['/clientId', 'maxLength'],
      ['/clientId', 'pattern'],
    ],
  ],
  ['an id with a line break', { ...smallest, clientId: 'a\n' }, [['/clientId', 'pattern']]],
  ['an id with a slash', { ...smallest, clientId: 'a/b' }, [['/clientId', 'pattern']]],
  ['an id that is a number', { ...smallest, clientId: 7 }, [['/clientId', 'type']]],
  ['a name of two lines', { ...smallest, name: 'a\u2028b' }, [['/name', 'pattern']]],
  ['a name that reverses its text', { ...smallest, name: 'a\u202Eb' }, [['/name', 'pattern']]],
  ['a null name', { ...smallest, name: null }, [['/name', 'type']]],
  ['half a character', { ...smallest, name: 'a\uD800' }, [['/name', 'pattern']]],
  ['a scope with a blank', { ...smallest, scopes: ['a b'] }, [['/scopes/0', 'pattern']]],
  ['a scope twice', { ...smallest, scopes: ['a', 'a'] }, [['/scopes', 'uniqueItems']]],
  ['a policy with a slash', { ...smallest, oidcPolicy: '../x' }, [['/oidcPolicy', 'pattern']]],
  [
    'a short retrieval',
    { ...smallest, retrieval: { ttlSeconds: 59 } },
    [['/retrieval/ttlSeconds', 'minimum']],
  ],
  [
    'a fraction of a second',
    { ...smallest, retrieval: { ttlSeconds: 60.5 } },
    [['/retrieval/ttlSeconds', 'type']],
  ],
  [
    'nobody to redeem',
    { ...smallest, retrieval: { redeemableBy: 'anyone' } },
    [['/retrieval/redeemableBy', 'enum']],
  ],
  ['a name in the wrong case', { ...smallest, client_id: 'a' }, [['/client_id', 'known_names']]],
  [
    'PingFederate’s own names',
    { ...smallest, bypassApprovalPage: false },
    [['/bypassApprovalPage', 'known_names']],
  ],
  ['a secret', { ...smallest, clientSecret: 'x' }, [['/clientSecret', 'known_names']]],
]

test('422 names the field and the rule for each thing that is wrong, and nothing is created', async t => {
  const service = await startTestService(t)
  for (const [what, body, expected] of invalid) {
    await t.test(what, async () => {
      const answer = await refuse(service, { body: body === null ? 'null' : body }, 422, 'validation_failed')
      assert.deepEqual(rulesOf(answer), expected)
    })
  }
  assert.deepEqual(clientIds(service.sandbox), [])
})

test('422 proposes the right spelling of a name', async t => {
  const service = await startTestService(t)
  const body = { ...smallest, client_id: 'x', 'Ping-Access-Urls': [] }
  const answer = await refuse(service, { body }, 422, 'validation_failed')
  const fixes = answer.body.violations.map(({ fix }: { fix: string }) => fix)
  assert.deepEqual(fixes, ['Did you mean `clientId`?', 'Did you mean `pingAccessUrls`?'])
})

test('422 for a caller in several teams that names none', async t => {
  const service = await startTestService(t)
  const { body } = await refuse(service, { as: 'portal', body: smallest }, 422, 'team_ambiguous')
  assert.match(body.detail, /payments.*shop/)
})

test('422 with a bounded answer, however many rules a body breaks', async t => {
  const { call } = await startTestService(t)
  const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x${index}`, index]))
  const { status, body: problem } = await call('POST', '/web-session-clients', { body })
  assert.equal(status, 422)
  assert.equal(problem.violations.length, 100)
})

test('422 for a retrieval token in place of a client id, which is not shown back', async t => {
  const { call, logLines } = await startTestService(t)
  for (const clientId of [`wscrt_${'x'.repeat(57)}`, `_wscrt_${'x'.repeat(57)}`]) {
    const { status, body: problem } = await call('POST', '/web-session-clients', {
      body: { clientId, pingAccessUrls: ['https://user:hunter2@host.example'] },
    })
    assert.equal(status, 422)
    assert.doesNotMatch(JSON.stringify(problem), /x{57}|hunter2/)
  }
  assert.doesNotMatch(logLines.join(''), /x{57}|hunter2/)
})

test('422 for a query that does not exist, such as a mistyped dry run, and nothing is created', async t => {
  const { call, sandbox } = await startTestService(t)
  const { status, body: problem } = await call('POST', '/web-session-clients?dry-run=true', {
    body: { clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] },
  })
  assert.equal(status, 422)
  assert.deepEqual(
    problem.violations.map(({ in: part, pointer, rule }: Record<string, string>) => [part, pointer, rule]),
    [['query', '/dry-run', 'known_names']],
  )
  assert.deepEqual(sandbox.pingFederate.clients(), [])
})

test('422 with a fix that is a whole URL or none', async t => {
  const { call } = await startTestService(t)
  const long = `http://host.example/${'segment/'.repeat(20)}end`
  const { body: problem } = await call('POST', '/web-session-clients', {
    body: { clientId: 'pa_wam', pingAccessUrls: ['http://host.example', long, 'javascript:alert(1)'] },
  })
  assert.deepEqual(
    problem.violations
      .filter(({ rule }: { rule: string }) => rule === 'https_only')
      .map(({ fix }: { fix: string }) => fix),
    ['Send https://host.example.', `Send https${long.slice('http'.length)}.`, 'Begin with https://.'],
  )
})
