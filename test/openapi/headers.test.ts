import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, startTestService } from '../service.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { type Json, listOperations, readDocument } from './document.ts'

const document = await readDocument()

/** Header fields that only some answers have; the others are the same everywhere. */
const told = /^(location|etag|retry-after|www-authenticate|idempotent-replayed|ratelimit-.+)$/

const sent = ({ headers }: Answer): string[] => [...headers.keys()].filter(name => told.test(name))

const documented = (response: Json): string[] =>
  Object.keys(response['headers'] ?? {}).map(name => name.toLowerCase())

const clients = document['paths']['/web-session-clients']

test('every header field of these answers stands in the document: 200, 201, 201 again, 401, 403, 422, 429', async t => {
  const service = await startTestService(t, { env: { RATE_LIMIT_PER_CALLER: '6' } })
  const reader = await service.sandbox.accessToken({
    service: 'payments-pipeline',
    scope: 'web-session-clients:read',
  })
  const key = createKey()
  const answers: [Answer, Json, ...string[]][] = [
    [await createUnderKey(service, key), clients.post, 'location', 'etag', 'ratelimit-limit'],
    [await createUnderKey(service, key), clients.post, 'idempotent-replayed'],
    [await service.call('GET', '/web-session-clients'), clients.get, 'ratelimit-remaining'],
    [await service.call('GET', '/web-session-clients', { as: null }), clients.get, 'www-authenticate'],
    [
      await service.call('POST', '/web-session-clients', { body: smallest, token: reader }),
      clients.post,
      'www-authenticate',
      'ratelimit-reset',
    ],
    [await service.call('GET', '/web-session-clients?limit=0'), clients.get, 'ratelimit-limit'],
  ]
  for (let status = 0; status !== 429; ) {
    const answer = await service.call('GET', '/web-session-clients')
    status = answer.status
    if (status === 429) answers.push([answer, clients.get, 'retry-after', 'ratelimit-limit'])
  }
  assert.deepEqual(
    answers.map(([{ status }]) => status),
    [201, 201, 200, 401, 403, 422, 429],
  )
  for (const [answer, { responses }, ...expected] of answers) {
    const names = sent(answer)
    for (const name of expected) assert.ok(names.includes(name), `${answer.status} has ${name}`)
    const missing = names.filter(name => !documented(responses[answer.status]).includes(name))
    assert.deepEqual(missing, [], `${answer.status} is described with all of them`)
  }
})

test('503 while PingFederate is too busy says when to try again, and the document says that it does', async t => {
  const service = await startTestService(t)
  service.sandbox.pingFederate.faults.always({
    match: { method: 'POST' },
    fault: { acts: false, answer: { kind: 'status', status: 429 } },
  })
  const answer = await service.call('POST', '/web-session-clients', { body: smallest })
  assert.equal(answer.status, 503)
  assert.ok(sent(answer).includes('retry-after'))
  assert.ok(documented(clients.post.responses['503']).includes('retry-after'))
})

test('every header field of an answer has a schema, an example or the words that make one needless', () => {
  for (const { name, operation } of listOperations(document))
    for (const { headers = {} } of Object.values<Json>(operation['responses']))
      for (const [field, header] of Object.entries<Json>(headers))
        assert.ok(header['schema'].type && header['description'], `${name} ${field}`)
})

test('`code` is an enum in the document: all codes that answers are described with, and no others', () => {
  const { code } = document['components'].schemas.ProblemDetails.properties
  const described = listOperations(document).flatMap(({ operation }) =>
    Object.values<Json>(operation['responses']).flatMap(({ content = {} }) =>
      Object.keys(content['application/problem+json']?.examples ?? {}),
    ),
  )
  /** Answered where there is no operation. */
  const others = ['route_not_found', 'method_not_allowed']
  assert.deepEqual(new Set(code.enum), new Set([...described, ...others]))
})

test('the limits of an idempotency key stand in the document', () => {
  const { schema } = clients.post.parameters.find(({ name }: Json) => name === 'Idempotency-Key')
  assert.deepEqual([schema.minLength, schema.maxLength], [16, 255])
  const pattern = new RegExp(schema.pattern)
  for (const key of ['a-key-of-the-portal', '!~0123456789abcdef']) assert.match(key, pattern)
  for (const key of ['a key of the portal', 'ein-Schlüssel-mehr', 'a-key\u0000of-the-portal'])
    assert.doesNotMatch(key, pattern)
})
