import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureCertificate } from '../../src/web-sessions/measure-certificate.ts'

test('null where there is no certificate, and a failure as it is', async () => {
  const { signal } = new AbortController()
  const without = { read: async () => ({ issuer: 'http://localhost', certificate: null }) }
  assert.equal((await measureCertificate(without, signal))?.endsAt, null)
  const failing = { read: () => Promise.reject(new Error('down')) }
  await assert.rejects(measureCertificate(failing, signal), /down/)
})

test('a stop waits for nobody who does not answer', async () => {
  const stopping = new AbortController()
  const measuring = measureCertificate({ read: () => new Promise(() => undefined) }, stopping.signal)
  stopping.abort()
  assert.equal(await measuring, undefined)
})
