import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'
import { checkRefusal } from './check-refusal.ts'
import { openConnection, parseAnswer } from './raw-socket.ts'

test('63: 400 for versions that the parser takes but nobody speaks, and the connection ends', async t => {
  const { url } = await startTestService(t)
  for (const version of ['', ' HTTP/0.9', ' HTTP/2.0']) {
    const connection = openConnection(t, url)
    connection.write(`GET /health/live${version}\r\n${version && 'host: x\r\n'}\r\n`)
    const { status, headers, body } = parseAnswer(await connection.received)
    assert.deepEqual([status, body['code']], [400, 'malformed_request'], version)
    assert.equal(headers.get('connection'), 'close', version)
  }
})

test('200 for HTTP/1.0, and the connection ends', async t => {
  const connection = openConnection(t, (await startTestService(t)).url)
  connection.write('GET /health/live HTTP/1.0\r\n\r\n')
  const { status, headers } = parseAnswer(await connection.received)
  assert.deepEqual([status, headers.get('connection')], [200, 'close'])
})

const chunked = 'transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'

/** What follows the request line, each read in two ways by those who read it. */
const unclear: [string, string][] = [
  ['no Host', '\r\n'],
  ['two Hosts', 'host: x\r\nhost: y\r\n\r\n'],
  ['the same Host twice', 'host: x\r\nHost: x\r\n\r\n'],
  [
    'two Content-Types',
    `host: x\r\ncontent-type: application/json\r\ncontent-type: text/plain\r\n${chunked}`,
  ],
  [
    'a coded transfer',
    `host: x\r\ncontent-type: application/json\r\ntransfer-encoding: gzip, ${chunked.slice(19)}`,
  ],
  ['a transfer coded by a field of its own', `host: x\r\ntransfer-encoding: gzip\r\n${chunked}`],
  ['a coded transfer that is not chunked', 'host: x\r\ntransfer-encoding: gzip\r\n\r\n{}'],
]

test('63: 400 for what may be read in two ways: log line, header fields, and the connection ends', async t => {
  const service = await startTestService(t)
  for (const [what, fields] of unclear) {
    await t.test(`400 ${what}`, async () => {
      const connection = openConnection(t, service.url)
      connection.write(`POST /web-session-clients HTTP/1.1\r\n${fields}`)
      const answer = parseAnswer(await connection.received)
      checkRefusal(service, answer, { status: 400, code: 'malformed_request' })
      assert.equal(answer.headers.get('connection'), 'close')
    })
  }
  assert.deepEqual(service.sandbox.pingFederate.clients(), [])
})
