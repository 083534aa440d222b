import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'
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
