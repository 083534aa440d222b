import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { CommitUnknown, DatabaseUnavailable } from '../src/database/unavailable.ts'
import { toProblem } from '../src/errors.ts'
import { PingFederateFailure } from '../src/pingfederate/failure.ts'
import { startTestService } from './service.ts'
import { recordCalls, smallest } from './web-session-clients/requests.ts'

test('500 for whatever nobody expected: a fixed sentence out, the cause without its text in the log', async t => {
  const failing = () => {
    throw new TypeError('unexpected token wscrt_planted in input')
  }
  const { call, logLines, sandbox } = await startTestService(t, { world: { randomBytes: failing } })
  const calls = recordCalls(sandbox)
  const { status, body, headers } = await call('POST', '/web-session-clients', { body: smallest })
  assert.equal(status, 500)
  assert.deepEqual(body, {
    type: 'urn:problem:web-session-clients:internal_error',
    code: 'internal_error',
    title: 'The service failed',
    status: 500,
    detail: 'The service failed; its operator finds the reason in the log under this instance.',
    instance: `urn:uuid:${headers.get('x-request-id')}`,
  })
  assert.deepEqual(calls, [])
  const [line] = logLines.map(each => JSON.parse(each)).filter(({ msg }) => msg === 'unexpected failure')
  assert.equal(line.level, 'error')
  assert.equal(line.reqId, headers.get('x-request-id'))
  assert.equal(line.err.type, 'TypeError')
  assert.ok(line.err.stack.length > 0)
  assert.ok(!logLines.join('').includes('planted'))
})

test('503 while another process holds the database: nothing is done, and it works afterwards', async t => {
  const { call, databasePath, sandbox } = await startTestService(t)
  const calls = recordCalls(sandbox)
  using other = new DatabaseSync(databasePath)
  other.exec('BEGIN IMMEDIATE')
  const { status, body, headers } = await call('POST', '/web-session-clients', { body: smallest })
  other.exec('ROLLBACK')
  assert.equal(status, 503)
  assert.equal(body.code, 'database_unavailable')
  assert.equal(headers.get('retry-after'), '5')
  assert.deepEqual(calls, [])
  assert.equal((await call('POST', '/web-session-clients', { body: smallest })).status, 201)
})

const addresses: [string, string, number, string][] = [
  ['GET', '/nowhere', 404, 'route_not_found'],
  ['DELETE', '/health/live', 405, 'method_not_allowed'],
  ['GET', '/web-session-clients/', 422, 'validation_failed'],
  ['GET', '/web-session-clients/a/b', 404, 'route_not_found'],
  ['GET', '/web-session-clients/%E0%A4%A', 400, 'malformed_request'],
  ['GET', '/%', 400, 'malformed_request'],
  ['GET', '/%2e%2e/etc/passwd', 404, 'route_not_found'],
  ['GET', `/web-session-clients/${'a'.repeat(65)}`, 422, 'validation_failed'],
  ['GET', `/web-session-clients/${'a'.repeat(101)}`, 414, 'uri_too_long'],
]

test('400, 404, 405, 414, 422 for odd addresses: always problem details, never to be cached', async t => {
  const { call } = await startTestService(t)
  for (const [method, path, status, code] of addresses) {
    await t.test(`${status} ${method} ${path.slice(0, 40)}`, async () => {
      const { status: actual, body, headers } = await call(method, path)
      assert.deepEqual([actual, body.code], [status, code])
      assert.match(String(headers.get('content-type')), /^application\/problem\+json/)
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(body.instance, `urn:uuid:${headers.get('x-request-id')}`)
    })
  }
})

test('whatever is thrown, the answer is a problem, and only known ones tell anything', () => {
  for (const thrown of [
    new Error('planted'),
    'planted',
    undefined,
    null,
    7,
    { statusCode: 500 },
    { code: 'x' },
  ]) {
    const { code, message } = toProblem(thrown)
    assert.equal(code, 'internal_error')
    assert.ok(!message.includes('planted'))
  }
  assert.equal(toProblem(new PingFederateFailure('timeout')).code, 'pingfederate_timeout')
  assert.equal(toProblem(Object.assign(new Error('planted'), { statusCode: 404 })).code, 'malformed_request')
})

test('503 says that nothing was done where that is known, and not where the commit was lost', () => {
  const cause = new Error('connection terminated')
  assert.match(toProblem(new DatabaseUnavailable(cause)).message, /nothing was done/)
  const lost = toProblem(new CommitUnknown(cause))
  assert.equal(lost.code, 'database_unavailable')
  assert.doesNotMatch(lost.message, /nothing was done/)
  assert.match(lost.message, /may have been made/)
})
