import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson } from '../../src/http/json-body.ts'
import { Problem } from '../../src/problem.ts'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { openConnection } from './raw-socket.ts'

const parse = (text: string): unknown => parseJson(Buffer.from(text))

const problemOf = (body: Buffer | string): Problem => {
  try {
    parseJson(Buffer.from(body))
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('It was accepted.')
}

test('whatever JSON.stringify writes is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), text => {
      fc.pre(!/"(__proto__|constructor|prototype)":/.test(text))
      assert.deepEqual(parse(text), JSON.parse(text))
    }),
  )
})

test('whatever bytes come, they are read or refused with a problem of the caller’s', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string().map(text => Buffer.from(text)),
  )
  fc.assert(
    fc.property(bytes, body => {
      try {
        parseJson(Buffer.from(body))
      } catch (error) {
        assert.ok(error instanceof Problem && [400, 422].includes(error.status))
      }
    }),
  )
})

/** Bodies in which a name occurs twice, and where. */
const duplicates: [string, string[]][] = [
  ['{"a":1,"a":2}', ['/a']],
  ['{"a":1,"a":1,"a":1}', ['/a', '/a']],
  ['{"a":1,"\\u0061":2}', ['/a']],
  ['{"a":{"b":[{"c":1,"c":2}]}}', ['/a/b/0/c']],
  ['[{"x":1},{"x":1,"x":2}]', ['/1/x']],
  ['{"a/b~c":1,"a/b~c":2}', ['/a~1b~0c']],
  ['{"":1,"":2}', ['/']],
]

test('62: 422 for a name that occurs twice, at any depth and however it is escaped', () => {
  for (const [text, pointers] of duplicates) {
    const { code, violations = [] } = problemOf(text)
    assert.equal(code, 'validation_failed', text)
    assert.deepEqual(
      violations.map(({ pointer }) => pointer),
      pointers,
    )
    assert.ok(violations.every(({ rule }) => rule === 'unique_names'))
  }
})

test('62: 422 for a name that occurs twice, whatever stands in and around it', () => {
  const text = fc.json({ maxDepth: 4 })
  fc.assert(
    fc.property(fc.string(), text, text, text, (name, first, second, beside) => {
      const member = (value: string) => `${JSON.stringify(name)}:${value}`
      const body = `[${beside},{${member(first)},"${':'.repeat(name.length)}\\"":[],${member(second)}}]`
      assert.equal(problemOf(body).code, 'validation_failed')
    }),
  )
})

test('the same name in different objects is no duplicate', () => {
  for (const text of [
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":2}]',
    '{"a":1,"A":2}',
    '{"a":{"x":1},"b":{"x":1}}',
  ]) {
    assert.deepEqual(parse(text), JSON.parse(text))
  }
})

test('62: 422 for names that reach into prototypes, at any depth and however they are escaped', () => {
  const bodies: [string, string][] = [
    ['{"__proto__":{"team":"shop"}}', '/__proto__'],
    ['{"a":[{"constructor":1}]}', '/a/0/constructor'],
    ['{"prototype":1}', '/prototype'],
    ['{"\\u005f_proto__":1}', '/__proto__'],
  ]
  for (const [text, pointer] of bodies) {
    const { code, violations } = problemOf(text)
    assert.equal(code, 'validation_failed')
    assert.deepEqual(
      violations?.map(violation => [violation.pointer, violation.rule]),
      [[pointer, 'known_names']],
    )
  }
})

/** Bodies that are no JSON text, and what is said about them. */
const malformed: [string, string | Buffer, RegExp][] = [
  ['nothing', '', /empty/],
  ['blanks', '  \n', /./],
  ['a byte order mark', '\uFEFF{}', /byte order mark/],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/],
  ['an overlong encoding', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), /UTF-8/],
  ['half a surrogate pair', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), /UTF-8/],
  ['UTF-16', Buffer.from('{}', 'utf16le'), /./],
  ['a comment', '{"a":1 /* x */}', /line 1, column 8/],
  ['a trailing comma', '{"a":1,}', /line 1/],
  ['a second text', '{} {}', /line 1, column 4/],
  ['single quotes', "{'a':1}", /line 1/],
  ['NaN', '{"a":NaN}', /line 1/],
  ['a leading zero', '{"a":01}', /./],
  ['a raw line break in a text', '{"a":"x\ny"}', /./],
  ['an unfinished text on line 3', '{\n"a":1,\n"b":"x\n}', /line 3/],
]

test('62: 400 for what is no JSON text, with the place but none of the content', async t => {
  for (const [what, body, detail] of malformed) {
    await t.test(what, () => {
      const problem = problemOf(body)
      assert.equal(problem.code, 'malformed_json')
      assert.match(problem.message, detail)
    })
  }
  const { message } = problemOf('{"token":"wscrt_secretsecret","x":wscrt_othersecret}')
  assert.ok(!message.includes('secret'))
})

test('400 says in words what is missing, and where', () => {
  for (const [text, detail] of [
    ['{"clientId": "pa_wam",', 'The body is not valid JSON: property name expected at line 1, column 23.'],
    ['{"a": }', 'The body is not valid JSON: value expected at line 1, column 7.'],
    ['{"a": 1\n', 'The body is not valid JSON: close brace expected at line 2, column 1.'],
  ] as const)
    assert.equal(problemOf(text).message, detail)
})

test('62: 400 for nesting beyond 16 levels; 16 are read', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  assert.deepEqual(parse(nested(16)), JSON.parse(nested(16)))
  assert.equal(problemOf(nested(17)).code, 'malformed_json')
  assert.equal(problemOf(`${'{"a":'.repeat(17)}1${'}'.repeat(17)}`).code, 'malformed_json')
})

test('62: 400 for nesting as deep as a body can be, whether it is closed or not', () => {
  assert.equal(problemOf('['.repeat(32_000) + ']'.repeat(32_000)).code, 'malformed_json')
  assert.equal(problemOf('['.repeat(64_000)).code, 'malformed_json')
  assert.equal(problemOf('{"a":'.repeat(13_000)).code, 'malformed_json')
})

/** As large as a body may be, in `src/app.ts`. */
const limitBytes = 64 * 1024

const fill = (before: string, repeated: string, after: string): string =>
  before + repeated.repeat(Math.floor((limitBytes - before.length - after.length) / repeated.length)) + after

const half = Math.floor(limitBytes / 2)

/** The worst that fits into a body, and how it is refused. */
const largest: [string, string, number, string][] = [
  ['levels', '['.repeat(half) + ']'.repeat(half), 400, 'malformed_json'],
  ['levels that are never closed', '['.repeat(limitBytes), 400, 'malformed_json'],
  ['__proto__', fill('{', '"__proto__":1,', '"a":1}'), 422, 'validation_failed'],
  ['one name', fill('{', '"a":1,', '"a":1}'), 422, 'validation_failed'],
  ['a byte order mark and blanks', fill('\uFEFF', ' ', '  ').slice(0, -2), 400, 'malformed_json'],
]

test('62: 400 or 422 from the service for the worst that fits into a body', async t => {
  const { call } = await startTestService(t)
  for (const [what, body, status, code] of largest) {
    const answer = await call('POST', '/web-session-clients', { body })
    assert.deepEqual([answer.status, answer.body.code], [status, code], what)
  }
})

/** As large, and with no more than one name twice, so that it is read to the end a second time. */
const ordinary = fill('[', '{"clientId":"pa_wam","team":"shop"},', '{"a":1,"a":1}]')

const parseOrRefuse = (body: Buffer): void => {
  try {
    parseJson(body)
  } catch (error) {
    assert.ok(error instanceof Problem)
  }
}

/**
 * Milliseconds of this thread alone for each body, of many runs, because the system may count in steps of four. They
 * take turns, so that work beside them on the processor slows all of them down.
 */
const measure = (bodies: readonly string[]): number[] => {
  const buffers = bodies.map(body => Buffer.from(body))
  const took = bodies.map(() => 0)
  for (let round = 0; round < 60; round += 1)
    for (const [index, body] of buffers.entries()) {
      const before = process.threadCpuUsage()
      for (let run = 0; run < 5; run += 1) parseOrRefuse(body)
      const { user, system } = process.threadCpuUsage(before)
      took[index] = (took[index] ?? 0) + (user + system) / 300_000
    }
  return took
}

test('62: the worst that fits into a body costs no more CPU than two and a half that have one name twice', t => {
  const [usual = 0, ...took] = measure([ordinary, ...largest.map(([, body]) => body)])
  t.diagnostic(`one name twice: ${usual.toFixed(2)} ms`)
  for (const [index, [what]] of largest.entries()) {
    const ms = took[index] ?? Number.NaN
    t.diagnostic(`${what}: ${ms.toFixed(2)} ms`)
    assert.ok(ms < 2.5 * usual, `${what}: ${ms}`)
  }
})

test('415 for every charset but UTF-8; UTF-8 in any case is read', async t => {
  const { call } = await startTestService(t)
  const send = (type: string) =>
    call('POST', '/web-session-clients', { body: '{', headers: { 'content-type': type } })
  for (const type of [
    'application/json; charset=UTF-8',
    'application/json;charset="utf-8"',
    'Application/JSON',
  ]) {
    assert.equal((await send(type)).status, 400, type)
  }
  for (const type of [
    'application/json; charset=utf-16',
    'application/json;charset=latin1',
    'application/json;charset=',
    'application/json;charset=utf-8;charset=utf-8',
    'application/json;charset=utf-8;charset=latin1',
    'application/json;charset="utf-8;charset=latin1"',
    'application/json, text/plain',
  ]) {
    const answer = await send(type)
    assert.deepEqual([answer.status, answer.body.code], [415, 'unsupported_media_type'], type)
  }
})

test('415 for a body under any Content-Encoding, before it is read', async t => {
  const service = await startTestService(t)
  for (const coding of ['gzip', 'identity', 'br', '']) {
    const headers = { 'content-encoding': coding }
    const { status, body } = await service.call('POST', '/web-session-clients', { body: smallest, headers })
    assert.deepEqual([status, body.code], [415, 'unsupported_media_type'], coding)
  }
  const connection = openConnection(t, service.url)
  const token = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  const fields = ['content-length: 60000', 'content-type: application/json', 'content-encoding: gzip']
  const head = ['host: x', 'connection: close', `authorization: Bearer ${token}`, ...fields].join('\r\n')
  connection.write(`POST /web-session-clients HTTP/1.1\r\n${head}\r\n\r\n`)
  await connection.answered
  connection.close()
  assert.match(await connection.received, /^HTTP\/1\.1 415 /)
  assert.deepEqual(service.sandbox.pingFederate.clients(), [])
})

test('422 for a request without any body, wherever one is needed', async t => {
  const { call } = await startTestService(t)
  for (const path of ['/web-session-clients', '/secret-retrievals', '/secret-retrievals/lookup']) {
    const { status, body } = await call('POST', path)
    assert.equal(status, 422, path)
    assert.equal(body.code, 'validation_failed')
  }
})
