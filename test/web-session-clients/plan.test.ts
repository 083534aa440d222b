import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, startTestService, type TestService } from '../service.ts'
import { recordCalls, smallest } from './requests.ts'

type CallOptions = Parameters<TestService['call']>[2]

/** Sends a create request that must be refused without PingFederate hearing of it. */
const refuse = async (service: TestService, options: CallOptions) => {
  const calls = recordCalls(service.sandbox)
  const answer = await service.call('POST', '/web-session-clients', options)
  assert.deepEqual([answer.status, answer.body.code], [422, 'validation_failed'])
  assert.deepEqual(calls, [])
  return answer
}

const rulesOf = ({ body }: Answer): [string, string][] =>
  body.violations.map(({ pointer, rule }: { pointer: string; rule: string }) => [pointer, rule])

test('422 with every violation at once, of the schema, the URLs and the installation’s rules', async t => {
  const service = await startTestService(t)
  const body = {
    clientId: 'no spaces',
    name: ' x',
    pingAccessUrls: ['http://a.example.com', 'https://b.example.com', 17, 'https://u@c.example.com?x#y'],
    scopes: [],
    logout: 'always',
    requirePkce: 'true',
    redirectUris: ['https://evil.example.com/cb'],
    retrieval: { ttlSeconds: 100_000, redeemableBy: 'bearer', extra: 1 },
  }
  const answer = await refuse(service, { body })
  const expected = [
    ['/clientId', 'pattern'],
    ['/logout', 'enum'],
    ['/name', 'pattern'],
    ['/pingAccessUrls/0', 'https_only'],
    ['/pingAccessUrls/2', 'type'],
    ['/pingAccessUrls/3', 'no_fragment'],
    ['/pingAccessUrls/3', 'no_query'],
    ['/pingAccessUrls/3', 'no_userinfo'],
    ['/redirectUris', 'known_names'],
    ['/requirePkce', 'type'],
    ['/retrieval/extra', 'known_names'],
    ['/retrieval/redeemableBy', 'bearer_redemption_disabled'],
    ['/retrieval/ttlSeconds', 'retrieval_ttl_maximum'],
    ['/scopes', 'minItems'],
  ]
  assert.deepEqual(rulesOf(answer).map(String).sort(), expected.map(String).sort())
  for (const { fix, detail } of answer.body.violations) assert.ok(fix.length > 5 && detail.length > 5)
})

test('422 for a retrieval longer than the installation permits, 201 up to it', async t => {
  const service = await startTestService(t, { env: { RETRIEVAL_TTL_MAX_SECONDS: '1000' } })
  const body = { ...smallest, retrieval: { ttlSeconds: 1001 } }
  const answer = await refuse(service, { body })
  assert.deepEqual(rulesOf(answer), [['/retrieval/ttlSeconds', 'retrieval_ttl_maximum']])
  const longest = { ...smallest, retrieval: { ttlSeconds: 1000 } }
  assert.equal((await service.call('POST', '/web-session-clients', { body: longest })).status, 201)
})

test('201 for bearer redemption where the installation permits it', async t => {
  const { call } = await startTestService(t, { env: { ALLOW_BEARER_REDEMPTION: 'true' } })
  const { status, body } = await call('POST', '/web-session-clients', {
    body: { ...smallest, retrieval: { redeemableBy: 'bearer' } },
  })
  assert.equal(status, 201)
  assert.equal(body.retrieval.redeemableBy, 'bearer')
})

type Setting = { pointer: string; value: unknown; source: string; reason: string }

const settingOf = ({ body }: Answer, pointer: string): Setting | undefined =>
  body.settings.find((each: Setting) => each.pointer === pointer)

test('200: a value of the installation has the source configuration and names its variable', async t => {
  const service = await startTestService(t, {
    env: { RETRIEVAL_TTL_SECONDS: '77', PINGACCESS_CALLBACK_PATH: '/other/cb' },
  })
  const answer = await service.call('POST', '/web-session-clients?dryRun=true', { body: smallest })
  const ttl = settingOf(answer, '/retrieval/ttlSeconds')
  assert.deepEqual([ttl?.value, ttl?.source], [77, 'configuration'])
  assert.match(ttl?.reason ?? '', /RETRIEVAL_TTL_SECONDS/)
  const redirectUris = settingOf(answer, '/redirectUris')
  assert.deepEqual(redirectUris?.value, ['https://mypingaccessserver:3000/other/cb'])
  assert.match(redirectUris?.reason ?? '', /PINGACCESS_CALLBACK_PATH/)
})
