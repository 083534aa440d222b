import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { loggerOptions, logTexts } from '../src/log.ts'
import { PingAccessFailure } from '../src/pingaccess/failure.ts'
import { PingFederateFailure } from '../src/pingfederate/failure.ts'
import { Secret } from '../src/secret.ts'

const planted = 'planted-0123456789-planted-0123456789'

/** What a log line says when this is logged. */
const logged = (value: object): string => {
  const lines: string[] = []
  pino(loggerOptions('trace'), { write: (line: string) => lines.push(line) }).error(value, 'text')
  return lines.join('')
}

const cause = (message: string) => new Error('outer', { cause: new TypeError(message) })

/** Errors that carry a secret somewhere. */
const errors: [string, unknown][] = [
  ['a message', new Error(planted)],
  ['a message with a code', Object.assign(new Error(`bad ${planted}`), { code: 'ERR_X' })],
  ['a cause', cause(planted)],
  ['a cause of a cause', new Error('x', { cause: cause(planted) })],
  ['a field', Object.assign(new Error('x'), { config: { headers: { authorization: planted } } })],
  ['a message that looks like stack frames', new Error(`x\n    at ${planted} (file:1:1)`)],
  ['such a message with a code', Object.assign(new Error(`x\n    at ${planted} (file:1:1)`), { code: 'X' })],
  ['several errors', new AggregateError([new Error(planted)], 'x')],
  ['a text', planted],
  ['an object', { message: planted, stack: planted, headers: { a: planted } }],
]

test('an error’s log line has its type and place, and no secret wherever the error hides one', async t => {
  for (const [what, error] of errors) {
    await t.test(what, () => {
      for (const name of ['err', 'error']) assert.ok(!logged({ [name]: error }).includes('planted'))
    })
  }
  const { err } = JSON.parse(logged({ err: new RangeError('x') }))
  assert.equal(err.type, 'RangeError')
  assert.match(err.stack[0], /log\.test\.ts/)
})

test('no message of an error becomes the text of a line, whichever way it is handed to the log', () => {
  const error = new Error(`no ${planted}`)
  const ways: ((log: pino.Logger) => void)[] = [
    log => log.error(error),
    log => log.error({ err: error }),
    log => log.warn({ err: error }, error.message),
    log => log.warn(error, error.message),
    log => log.child({ reqId: 'x' }).error(error),
  ]
  for (const way of ways) {
    const lines: string[] = []
    way(pino(loggerOptions('trace'), { write: (line: string) => lines.push(line) }))
    const line = JSON.parse(lines.join(''))
    assert.equal(line.msg, 'failure')
    assert.equal(line.err.type, 'Error')
    assert.ok(!lines.join('').includes('planted'))
  }
})

test('a text of a library is written without what may have been sent, and a fixed one as it is', () => {
  const write = (text: string): string => {
    const lines: string[] = []
    pino(loggerOptions('trace'), { write: (line: string) => lines.push(line) }).info(text)
    return JSON.parse(lines.join('')).msg
  }
  assert.equal(write('Reply for "/a?b=secret" (GET)'), 'Reply for "[masked]" (GET)')
  assert.equal(write('Route GET:/a?b=secret not found'), 'Route GET:/a?[masked] not found')
  assert.equal(write(planted), '[masked]')
  for (const text of Object.values(logTexts)) assert.equal(write(text), text)
})

test('fields that are not listed stay out of a line, whatever they hold', () => {
  const request = { headers: { authorization: planted }, url: planted }
  const { time, ...line } = JSON.parse(
    logged({ request, headers: request.headers, body: planted, status: 200 }),
  )
  assert.deepEqual(line, { level: 'error', status: 200, msg: 'text' })
})

/** As those who throw them word it. */
const worded: [code: string, message: string, isWritten: boolean][] = [
  ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:9999', true],
  ['ENOTFOUND', 'getaddrinfo ENOTFOUND pf.example.com', true],
  ['UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error (attempted address: pf:9999)', true],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', true],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Host: pf. is not in the cert’s altnames: DNS:other', true],
  ['42P01', 'relation "client" does not exist', true],
  ['ERR_SQLITE_ERROR', 'database is locked', true],
  ['22P02', 'invalid input syntax for type integer: "short"', false],
  ['ERR_INVALID_CHAR', 'Invalid character in header content ["short"]', false],
  ['FST_ERR_REP_ALREADY_SENT', 'Reply was already sent in "/a?b=short" (GET)', false],
]

test('an error’s own words are in the log where they name places and reasons, and not where they quote', () => {
  for (const [code, message, isWritten] of worded) {
    const { err } = JSON.parse(logged({ err: Object.assign(new Error(message), { code }) }))
    assert.equal(err.code, code)
    assert.equal(err.message, isWritten ? message : undefined, code)
  }
})

test('a cause that is its own cause does not hang the log', () => {
  const error = new Error('x')
  error.cause = error
  assert.ok(logged({ err: error }).length < 20_000)
})

test('a secret shows a mask however it is looked at', () => {
  const secret = new Secret(planted)
  const views = [
    String(secret),
    JSON.stringify({ secret }),
    logged({ subject: secret, problems: [{ secret }] }),
    `${secret}`,
  ]
  for (const view of views) assert.ok(!view.includes('planted') && view.includes('[secret]'))
  assert.equal(secret.reveal(), planted)
})

test('what PingAccess says of a call that it refused is in the log, with its kind and status', () => {
  const refused = new PingFederateFailure('invalid', { status: 422, reason: 'Save Failed.' })
  const { type, code, message } = JSON.parse(logged({ err: new PingAccessFailure(refused) })).err
  assert.deepEqual(
    [type, code, message],
    ['PingAccessFailure', 'invalid', 'PingAccess: invalid (422, Save Failed.)'],
  )
})
