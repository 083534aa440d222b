import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:https'
import { test } from 'node:test'
import { Agent, request } from 'undici'
import { listen } from '../../src/sandbox/listen.ts'
import { createSelfSigned } from '../../src/sandbox/self-signed.ts'

test('a certificate is for the names and addresses that it was asked for, and for a month', () => {
  const now = new Date('2026-11-28T23:00:00Z')
  const x509 = new X509Certificate(createSelfSigned(['localhost', '127.0.0.1'], now).cert)
  assert.equal(x509.subject, 'CN=localhost')
  assert.equal(x509.subjectAltName, 'DNS:localhost, IP Address:127.0.0.1')
  assert.ok(x509.verify(x509.publicKey), 'signed by its own key')
  assert.equal(x509.validFromDate.toISOString(), '2026-11-28T22:00:00.000Z')
  assert.equal(x509.validToDate.toISOString(), '2026-12-28T23:00:00.000Z')
})

test('only whoever holds the certificate itself trusts a server with it', async t => {
  const [mine, another] = [1, 2].map(() => createSelfSigned(['127.0.0.1'], new Date()))
  const server = createServer({ ...mine }, (_request, response) => void response.end('hello'))
  const listening = await listen(server, 0, '127.0.0.1')
  t.after(() => listening[Symbol.asyncDispose]())
  const ask = async (ca: string | undefined) => {
    const dispatcher = new Agent({ connect: { ca: ca ?? '' } })
    t.after(() => dispatcher.close())
    return await (await request(`https://127.0.0.1:${listening.port}/`, { dispatcher })).body.text()
  }
  assert.equal(await ask(mine?.cert), 'hello')
  await assert.rejects(ask(another?.cert), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})

/** Throws for a value whose size has more bytes than it needs, among all that the bytes hold. */
const checkSizes = (bytes: Buffer): void => {
  for (let at = 0; at < bytes.length; ) {
    const [tag = 0, first = 0] = bytes.subarray(at)
    const more = first < 0x80 ? 0 : first - 0x80
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more)
    const needed = [0x80, 0x100, 0x10000].findIndex(limit => length < limit)
    assert.equal(more, needed, `${length} bytes at ${at}`)
    const end = at + 2 + more + length
    const isConstructed = (tag & 0x20) !== 0
    if (isConstructed) checkSizes(bytes.subarray(end - length, end))
    at = end
  }
}

for (const names of [['127.0.0.1'], ['localhost', 'a-host.of-some-length.example.com']])
  test(`a certificate for ${names} is in DER, not in what is almost it: Chromium takes no other`, () => {
    checkSizes(new X509Certificate(createSelfSigned(names, new Date()).cert).raw)
  })
