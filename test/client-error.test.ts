import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { test } from 'node:test'
import pino from 'pino'
import { answerClientError } from '../src/client-error.ts'
import { openConnection, parseAnswer } from './http/raw-socket.ts'
import { startTestService } from './service.ts'

const requests: [string, string, number, string][] = [
  ['no HTTP at all', 'hello\r\n\r\n', 400, 'malformed_request'],
  ['an unknown version', 'GET / HTTP/9.9\r\nhost: x\r\n\r\n', 400, 'malformed_request'],
  ['a blank in a header name', 'GET / HTTP/1.1\r\nhost: x\r\nbad name: 1\r\n\r\n', 400, 'malformed_request'],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    400,
    'malformed_request',
  ],
  [
    'length and chunks',
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'malformed_request',
  ],
  ['a bare line feed', 'GET / HTTP/1.1\r\nhost: x\r\na: b\nc: d\r\n\r\n', 400, 'malformed_request'],
  ['a folded field', 'GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n', 400, 'malformed_request'],
  ['a NUL in a field', 'GET / HTTP/1.1\r\nhost: x\r\na: b\0c\r\n\r\n', 400, 'malformed_request'],
  ...[20_000, 100_000].map((size): [string, string, number, string] => [
    `${size / 1_000} kB of header`,
    `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(size)}\r\n\r\n`,
    431,
    'header_fields_too_large',
  ]),
]

test('63: 400, 431 as problem details for what the parser refuses, and the connection ends', async t => {
  const { url } = await startTestService(t)
  for (const [what, request, status, code] of requests) {
    await t.test(`${status} ${what}`, async () => {
      const connection = openConnection(t, url)
      connection.write(request)
      const answer = parseAnswer(await connection.received)
      assert.equal(answer.status, status)
      assert.equal(answer.headers.get('content-type'), 'application/problem+json')
      assert.equal(answer.headers.get('connection'), 'close')
      assert.equal(answer.body['code'], code)
      assert.equal(answer.body['status'], status)
      assert.match(String(answer.body['instance']), /^urn:uuid:[0-9a-f-]{36}$/)
      assert.ok(!JSON.stringify(answer.body).includes('yyyy'))
    })
  }
})

test('63: 400 for CONNECT, with a log line, and the connection ends', async t => {
  const { url, logLines } = await startTestService(t)
  const connection = openConnection(t, url)
  connection.write('CONNECT pay.example.com:443 HTTP/1.1\r\nhost: pay.example.com:443\r\n\r\n')
  const { status, headers, body } = parseAnswer(await connection.received)
  assert.deepEqual([status, body['code']], [400, 'malformed_request'])
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.ok(logLines.some(line => line.includes(String(headers.get('x-request-id')))))
})

const silent = { log: pino({ enabled: false }), headers: {}, countProblem: () => undefined }

test('60: 408 as problem details for a request that does not arrive in time', async t => {
  const server = createServer(socket =>
    answerClientError(silent)(Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket),
  )
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const connection = openConnection(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const { status, body } = parseAnswer(await connection.received)
  assert.equal(status, 408)
  assert.equal(body['code'], 'request_timeout')
})

test('nothing is written to a connection the client has reset', async t => {
  const answered = Promise.withResolvers<number>()
  const server = createServer(socket => {
    answerClientError(silent)(Object.assign(new Error(), { code: 'ECONNRESET' }), socket)
    answered.resolve(socket.bytesWritten)
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined)
  t.after(() => socket.destroy())
  assert.equal(await answered.promise, 0)
})
