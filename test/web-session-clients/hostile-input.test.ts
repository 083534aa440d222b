import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { accepted } from '../ping-access-urls/urls/accepted.ts'
import { refused } from '../ping-access-urls/urls/refused.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, startTestService } from '../service.ts'
import { clientIds, recordCalls, smallest } from './requests.ts'
import { rotate } from './rotations.ts'
import {
  acceptedClientIds,
  acceptedTexts,
  longestDescription,
  longestName,
  refusedClientIds,
  refusedTexts,
} from './texts.ts'

/** A service, the way to create a client there, and a promise that PingFederate hears of none. */
const startCreating = async (t: TestContext) => {
  const service = await startTestService(t)
  const create = (body: unknown) => service.call('POST', '/web-session-clients', { body })
  const expectNothing = async (hostile: () => Promise<void>) => {
    const calls = recordCalls(service.sandbox)
    await hostile()
    assert.deepEqual(calls, [])
    assert.deepEqual(clientIds(service.sandbox), [])
    const { body } = await service.call('GET', '/web-session-clients')
    assert.deepEqual(body.items, [])
  }
  return { ...service, create, expectNothing }
}

/** What was refused, in an order of its own: pointer and rule of each violation. */
const broken = ({ status, body }: Answer): unknown[] => [
  status,
  body.code,
  ...(body.violations ?? []).map(({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`).sort(),
]
const refusal = (...rules: string[]) => [422, 'validation_failed', ...rules.sort()]

const inGroupsOf = <Each>(size: number, all: readonly Each[]): Each[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  )

test('422 for each of more than 150 hostile URLs, naming every rule it breaks', async t => {
  const { create, expectNothing } = await startCreating(t)
  const different = new Set(refused.map(([url]) => url))
  assert.ok(different.size >= 150)
  assert.equal(different.size, refused.length)
  await expectNothing(async () => {
    // An answer has at most a hundred violations, and a URL breaks up to three rules.
    for (const group of inGroupsOf(30, refused)) {
      const answer = await create({ ...smallest, pingAccessUrls: group.map(([url]) => url) })
      const rules = group.flatMap(([, ...each], index) =>
        each.map(rule => `/pingAccessUrls/${index} ${rule}`),
      )
      assert.deepEqual(broken(answer), refusal(...rules))
    }
  })
})

test('422 for each hostile client id, naming every rule it breaks', async t => {
  const { create, expectNothing } = await startCreating(t)
  await expectNothing(async () => {
    for (const [clientId, ...rules] of refusedClientIds) {
      const answer = await create({ ...smallest, clientId })
      assert.deepEqual(broken(answer), refusal(...rules.map(rule => `/clientId ${rule}`)))
    }
  })
})

test('422 for each hostile text, as name and as description, and none with a secret is shown back', async t => {
  const { create, expectNothing, logLines } = await startCreating(t)
  const texts: [string, ...string[]][] = [...refusedTexts, [`${longestDescription}d`, 'maxLength']]
  assert.ok(texts.length + refusedClientIds.length >= 60)
  await expectNothing(async () => {
    for (const [text, ...rules] of texts) {
      const answer = await create({ ...smallest, name: text, description: text })
      const both = rules.flatMap(rule => [`/name ${rule}`, `/description ${rule}`])
      assert.deepEqual(broken(answer), refusal(...both), JSON.stringify(text))
      if (rules.includes('no_secret')) assert.ok(!JSON.stringify(answer.body).includes(text.slice(-20)))
    }
    const tooLong = await create({ ...smallest, name: `${longestName}n` })
    assert.deepEqual(broken(tooLong), refusal('/name maxLength'))
  })
  assert.doesNotMatch(logLines.join(''), /y{57}/)
})

const hasSame = (group: Map<string, string>, url: string): boolean =>
  [...group.values()].some(each => each.toLowerCase() === url.toLowerCase())

/** Those that are not the same once normalised, whatever the case of their letters: a create takes each URL once. */
const inUniqueGroups = (urls: readonly [string, string][]): [string, string][][] => {
  const groups: Map<string, string>[] = []
  for (const [url, normalised] of urls) {
    const free = groups.find(group => group.size < 50 && !hasSame(group, normalised))
    if (free) free.set(url, normalised)
    else groups.push(new Map([[url, normalised]]))
  }
  return groups.map(group => [...group])
}

test('201 for each of more than 60 good URLs, whose callback PingFederate gets as it is derived', async t => {
  assert.ok(accepted.length >= 60)
  const { create, sandbox } = await startCreating(t)
  for (const [index, group] of inUniqueGroups(accepted).entries()) {
    const clientId = `good-${index}`
    const { status, body } = await create({ clientId, pingAccessUrls: group.map(([url]) => url) })
    assert.equal(status, 201, JSON.stringify(body))
    const expected = group.map(([, normalised]) => normalised)
    assert.deepEqual(body.pingAccessUrls, expected)
    const hosts = new Set(expected.map(url => new URL(url).origin))
    assert.deepEqual(
      body.redirectUris,
      [...hosts].map(host => `${host}/pa/oidc/cb`),
    )
    const client = sandbox.pingFederate.clients().find(each => each.clientId === clientId)
    assert.deepEqual(client?.redirectUris, body.redirectUris)
  }
})

test('201 for client ids that only look like something else, and each is found under its own name', async t => {
  const { create, call, sandbox } = await startCreating(t)
  for (const clientId of acceptedClientIds) {
    const { status, headers } = await create({ ...smallest, clientId })
    assert.equal(status, 201, clientId)
    const { body } = await call('GET', String(headers.get('location')))
    assert.deepEqual([body.clientId, body.name], [clientId, clientId])
  }
  assert.deepEqual(clientIds(sandbox).toSorted(), acceptedClientIds.toSorted())
})

test('201 for markup, templates and every script: text is kept as it is and answered as JSON', async t => {
  const { create, call, sandbox } = await startCreating(t)
  for (const [index, text] of acceptedTexts.entries()) {
    const clientId = `text-${index}`
    const created = await create({ ...smallest, clientId, name: text, description: text })
    assert.equal(created.status, 201, JSON.stringify(created.body))
    const read = await call('GET', `/web-session-clients/${clientId}`)
    for (const { headers, body } of [created, read]) {
      assert.match(String(headers.get('content-type')), /^application\/json\b/)
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
      assert.deepEqual([body.name, body.description], [text, text])
    }
    const client = sandbox.pingFederate.clients().find(each => each.clientId === clientId)
    assert.equal(client?.name, text)
  }
  const longest = { ...smallest, clientId: 'longest', description: longestDescription }
  assert.equal((await create(longest)).status, 201)
})

const secretLike = `wscrt_${'y'.repeat(57)}`

/** Bodies as they are sent, and every rule that each breaks. */
const refusedRotations: readonly [string, ...string[]][] = [
  ...['1e999', '"60"', '""', '[60]', '{"valueOf":60}', 'true', 'null', '60.0000001'].map(
    (value): [string, string] => [`{"overlapMinutes":${value}}`, '/overlapMinutes type'],
  ),
  ['{"overlapMinutes":-1e-320}', '/overlapMinutes type', '/overlapMinutes minimum'],
  ['{"overlapMinutes":9007199254740993}', '/overlapMinutes maximum'],
  ...['1', '"true"', 'null', '[]', '{}'].map((value): [string, string] => [
    `{"force":${value}}`,
    '/force type',
  ]),
  ['{"force":true,"f\\u006frce":false}', '/force unique_names'],
  ...['null', '[]', '"bearer"'].map((value): [string, string] => [
    `{"retrieval":${value}}`,
    '/retrieval type',
  ]),
  ['{"retrieval":{"ttlSeconds":"900"}}', '/retrieval/ttlSeconds type'],
  ...['["team"]', '"TEAM"', '"team\\u0000"', `"${secretLike}"`].map((value): [string, string] => [
    `{"retrieval":{"redeemableBy":${value}}}`,
    '/retrieval/redeemableBy enum',
  ]),
  [`{"retrieval":{"token":"${secretLike}"}}`, '/retrieval/token known_names'],
  ['{"retrieval":{"__proto__":{"redeemableBy":"bearer"}}}', '/retrieval/__proto__ known_names'],
  ['{"__proto__":{"force":true}}', '/__proto__ known_names'],
  [
    '{"constructor":{"prototype":{"force":true}}}',
    '/constructor known_names',
    '/constructor/prototype known_names',
  ],
  [`{"secret":"${secretLike}"}`, '/secret known_names'],
  [`{"clientAuth":{"type":"SECRET","secret":"${secretLike}"}}`, '/clientAuth known_names'],
  ['{"clientId":"other","team":"shop"}', '/clientId known_names', '/team known_names'],
  ['{"Force":true}', '/Force known_names'],
  ['{"overlapMinutes ":60}', '/overlapMinutes  known_names'],
  // The e is the Cyrillic one.
  ['{"overlapMinut\\u0435s":60}', '/overlapMinut\u0435s known_names'],
  ...['0', 'true', 'null', '""', `"${secretLike}"`, '[{"force":true}]'].map((body): [string, string] => [
    body,
    ' type',
  ]),
]

const malformedRotations = [
  ...['{', '{}{}', '{"force":tru}', '{"force":true,}', "{'force':true}", 'force=true', '\ufeff{}'],
  ...['{"overlapMinutes":0x10}', '{"overlapMinutes":010}', '{"overlapMinutes":NaN}'],
  ...[`${'['.repeat(17)}${']'.repeat(17)}`, `${'{"retrieval":'.repeat(17)}1${'}'.repeat(17)}`],
]

test('422 or 400 for each hostile body of a rotation: the secret in force stays, and nothing like one is shown back', async t => {
  const service = await startTestService(t)
  const token = await createRetrieval(service)
  const calls = recordCalls(service.sandbox)
  for (const [body, ...rules] of refusedRotations) {
    const answer = await rotate(service, { body })
    assert.deepEqual(broken(answer), refusal(...rules), body)
    assert.doesNotMatch(JSON.stringify(answer.body), /y{57}/)
  }
  for (const body of malformedRotations) {
    const answer = await rotate(service, { body })
    assert.deepEqual(broken(answer), [400, 'malformed_json'], body)
  }
  assert.deepEqual(calls, [])
  assert.equal((await redeem(service, token)).status, 200)
  assert.doesNotMatch(service.logLines.join(''), /y{57}/)
})
