import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { refused } from '../ping-access-urls/urls/refused.ts'
import { type Answer, startTestService } from '../service.ts'
import { ensure } from './ensures.ts'
import { recordCalls, smallest } from './requests.ts'
import { readTables } from './tables.ts'
import { longestDescription, refusedTexts } from './texts.ts'
import { clientPath, readTag, update } from './updates.ts'

/** A service with one client, and a promise that nothing of it changes and PingFederate is not asked. */
const start = async (t: TestContext) => {
  const service = await startTestService(t)
  assert.equal((await service.call('POST', '/web-session-clients', { body: smallest })).status, 201)
  const tag = await readTag(service)
  const calls = recordCalls(service.sandbox)
  const before = readTables(service)
  const expectNothing = async (): Promise<void> => {
    assert.deepEqual(calls, [])
    assert.deepEqual(readTables(service), before)
    assert.doesNotMatch(service.logLines.join(''), /y{57}/)
  }
  return { ...service, tag, expectNothing }
}

/** Pointer and rule of each violation. */
const broken = ({ status, body }: Answer): unknown[] => {
  assert.doesNotMatch(JSON.stringify(body), /y{57}/)
  const rules = (body.violations ?? []).map(
    ({ pointer, rule }: Record<string, string>) => `${pointer} ${rule}`,
  )
  return [status, body.code, ...new Set(rules.toSorted())]
}
const refusal = (...rules: string[]) => [422, 'validation_failed', ...new Set(rules.toSorted())]

const secretLike = `wscrt_${'y'.repeat(57)}`

/** Members of an object as they are sent, and every rule that each breaks in a PATCH and in a PUT alike. */
const members: readonly [string, ...string[]][] = [
  ['"__proto__":{"requirePkce":false}', '/__proto__ known_names'],
  [
    '"constructor":{"prototype":{"requirePkce":false}}',
    '/constructor known_names',
    '/constructor/prototype known_names',
  ],
  ['"requirePkce":true,"r\\u0065quirePkce":false', '/requirePkce unique_names'],
  ...['1', '"true"', '[]', '{}'].map((value): [string, string] => [
    `"requirePkce":${value}`,
    '/requirePkce type',
  ]),
  ...['"redirectUris":["https://evil.example/cb"]', '"grantTypes":["IMPLICIT"]', '"version":9'].map(
    (member): [string, string] => [member, `/${member.split('"')[1]} known_names`],
  ),
  ['"bypassAuthorizationApproval":false', '/bypassAuthorizationApproval known_names'],
  ['"updatedAt":"2020-01-01T00:00:00.000Z"', '/updatedAt known_names'],
  ['"RequirePkce":true', '/RequirePkce known_names'],
  // The e is the Cyrillic one.
  ['"nam\\u0435":"x"', '/nam\u0435 known_names'],
  [`"secret":"${secretLike}"`, '/secret known_names'],
  [`"clientAuth":{"type":"SECRET","secret":"${secretLike}"}`, '/clientAuth known_names'],
  [`"name":"${secretLike}"`, '/name no_secret'],
  ['"logout":"NONE"', '/logout enum'],
  ['"scopes":{"0":"profile","length":1}', '/scopes type'],
  ['"scopes":["profile","profile"]', '/scopes uniqueItems'],
]

const notObjects = ['0', 'true', '""', `"${secretLike}"`, '[]', '[{"op":"remove","path":"/scopes"}]']

const malformed = [
  ...['{', '{}{}', '{"requirePkce":tru}', '{"requirePkce":true,}', "{'a':1}", 'a=b', '\ufeff{}'],
  ...[`${'['.repeat(17)}${']'.repeat(17)}`, `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`],
]

test('422 or 400 for each hostile body of a PATCH: the client stays, and nothing like a secret is shown back', async t => {
  const service = await start(t)
  const patch = async (body: unknown) => broken(await update(service, body, { tag: service.tag }))
  for (const [member, ...rules] of members)
    assert.deepEqual(await patch(`{${member}}`), refusal(...rules), member)
  for (const [member, ...rules] of [
    ['"clientId":"pa_wam"', '/clientId known_names'],
    ['"retrieval":{}', '/retrieval known_names'],
    ['"enabled":null', '/enabled type'],
    ['"pingAccessUrls":null', '/pingAccessUrls type'],
  ])
    assert.deepEqual(await patch(`{${member}}`), refusal(...rules), member)
  for (const body of [...notObjects, 'null']) assert.deepEqual(await patch(body), refusal(' type'), body)
  for (const body of malformed) assert.deepEqual(await patch(body), [400, 'malformed_json'], body)
  await service.expectNothing()
})

test('422 or 400 for each hostile body of a PUT: the client stays, and nothing like a secret is shown back', async t => {
  const service = await start(t)
  const put = async (body: unknown) => broken(await ensure(service, body))
  const [url] = smallest.pingAccessUrls
  for (const [member, ...rules] of [
    ...members,
    ['"enabled":false', '/enabled known_names'],
    ['"clientId":"PA_WAM"', '/clientId same_as_path'],
    ['"name":null', '/name type'],
    ['"retrieval":{"token":"x"}', '/retrieval/token known_names'],
  ] as const)
    assert.deepEqual(await put(`{"pingAccessUrls":["${url}"],${member}}`), refusal(...rules), member)
  assert.deepEqual(await put('{}'), refusal('/pingAccessUrls required'))
  for (const body of [...notObjects, 'null']) assert.deepEqual(await put(body), refusal(' type'), body)
  for (const body of malformed) assert.deepEqual(await put(body), [400, 'malformed_json'], body)
  await service.expectNothing()
})

test('422 or 400 for each hostile body of a reconciliation, before PingFederate is asked', async t => {
  const service = await start(t)
  const reconcile = async (body: unknown) =>
    broken(await service.call('POST', `${clientPath}/reconciliations`, { body }))
  for (const value of ['"REAPPLY"', '"reapply "', '"both"', '""', '"accept\\u0000"', `"${secretLike}"`])
    assert.deepEqual(await reconcile(`{"direction":${value}}`), refusal('/direction enum'), value)
  for (const value of ['["reapply"]', 'null', 'true', '{"direction":"accept"}'])
    assert.deepEqual(await reconcile(`{"direction":${value}}`), refusal('/direction enum'), value)
  for (const [body, ...rules] of [
    ['{}', '/direction required'],
    ['{"Direction":"accept"}', '/Direction known_names', '/direction required'],
    ['{"direction":"accept","force":true}', '/force known_names'],
    ['{"direction":"accept","dir\\u0065ction":"reapply"}', '/direction unique_names'],
    ['{"__proto__":{"direction":"accept"}}', '/__proto__ known_names'],
  ])
    assert.deepEqual(await reconcile(body), refusal(...rules), body)
  for (const body of [...notObjects, '"accept"', 'null'])
    assert.deepEqual(await reconcile(body), refusal(' type'), body)
  for (const body of malformed) assert.deepEqual(await reconcile(body), [400, 'malformed_json'], body)
  await service.expectNothing()
})

test('422 for each hostile text and URL of a PATCH, as in a create', async t => {
  const service = await start(t)
  const patch = async (body: unknown) => broken(await update(service, body, { tag: service.tag }))
  const texts: [string, ...string[]][] = [...refusedTexts, [`${longestDescription}d`, 'maxLength']]
  for (const [text, ...rules] of texts) {
    const both = rules.flatMap(rule => [`/name ${rule}`, `/description ${rule}`])
    assert.deepEqual(await patch({ name: text, description: text }), refusal(...both), JSON.stringify(text))
  }
  for (let from = 0; from < refused.length; from += 30) {
    const group = refused.slice(from, from + 30)
    const rules = group.flatMap(([, ...each], index) => each.map(rule => `/pingAccessUrls/${index} ${rule}`))
    assert.deepEqual(await patch({ pingAccessUrls: group.map(([url]) => url) }), refusal(...rules))
  }
  await service.expectNothing()
})

test('422 for If-Match that is no list of tags, 412 for tags that are not the client’s, and none is shown back', async t => {
  const service = await start(t)
  const bare = service.tag.slice(1, -1)
  const send = (method: string, value: string) =>
    service.call(method, clientPath, {
      body: { ...smallest, clientId: undefined, name: 'x' },
      headers: { 'if-match': value },
    })
  const noTags = ['', ' ', '"', bare, `'${bare}'`, `${service.tag},`, `,${service.tag}`, `${service.tag} "b"`]
  const odd = [`*, ${service.tag}`, '**', `w/${service.tag}`, `"a\tb"`, '"a b"', 'W/', secretLike, '%2A']
  const notItsOwn = ['""', '"0"', `W/${service.tag}`, `"${bare}0"`, `"${secretLike}"`]
  for (const method of ['PATCH', 'PUT']) {
    for (const value of [...noTags, ...odd])
      assert.deepEqual(
        broken(await send(method, value)),
        refusal('/if-match entity_tag'),
        JSON.stringify(value),
      )
    for (const value of [...notItsOwn, Array(200).fill('"0"').join(', '), `"${bare.toUpperCase()}"`])
      assert.deepEqual(broken(await send(method, value)), [412, 'precondition_failed'], JSON.stringify(value))
  }
  await service.expectNothing()
})
