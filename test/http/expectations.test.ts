import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'
import { checkRefusal } from './check-refusal.ts'
import { openConnection, parseAnswer } from './raw-socket.ts'

const refused = ['nonsense', '100-continue, nonsense', '200-ok', 'x-100-continue', '']

test('417 for every expectation but 100-continue, with log line and header fields', async t => {
  const service = await startTestService(t)
  for (const expectation of refused) {
    await t.test(`417 for ${expectation || 'an empty one'}`, async () => {
      const connection = openConnection(t, service.url)
      connection.write(
        `GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: ${expectation}\r\n\r\n`,
      )
      const text = (await connection.received).replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
      checkRefusal(service, parseAnswer(text), { status: 417, code: 'expectation_failed' })
    })
  }
})

test('100 and then the answer for 100-continue, in any case of letters', async t => {
  const { url } = await startTestService(t)
  for (const expectation of ['100-continue', '100-Continue']) {
    const connection = openConnection(t, url)
    connection.write(
      `GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: ${expectation}\r\n\r\n`,
    )
    assert.match(await connection.received, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
  }
})
