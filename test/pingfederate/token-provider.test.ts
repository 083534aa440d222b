import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Agent, buildConnector } from 'undici'
import { toTlsOptions } from '../../src/pingfederate/connect.ts'
import { createTokenProviderReader, readIssuers } from '../../src/pingfederate/token-provider.ts'
import { createCertificates } from './certificates.ts'
import { startIssuerNode } from './issuer-node.ts'

const certificates = createCertificates()
const skip = certificates ? false : 'needs the openssl command'
const ca = certificates?.ca.cert

const create = (t: TestContext, urls: readonly string[], timeoutMs = 10_000) => {
  const dispatcher = new Agent({ connect: buildConnector(toTlsOptions(ca)) })
  t.after(() => dispatcher.destroy())
  const identity = { certificates: () => ({ ca, cert: undefined, key: undefined }) }
  return createTokenProviderReader({ urls, dispatcher, identity, timeoutMs })
}

const fail = (t: TestContext, urls: readonly string[], timeoutMs?: number): Promise<string> =>
  create(t, urls, timeoutMs)
    .read()
    .then(
      () => assert.fail('it was read'),
      failure => failure.kind,
    )

/** Answers that the issuer is another one. */
const naming = (issuer: unknown) => (response: ServerResponse) =>
  void response.end(JSON.stringify({ issuer }))

test('the issuer is what a node says it is, and the certificate what its address shows, without a request to it', {
  skip,
}, async t => {
  const issuer = await startIssuerNode(t, { pair: certificates?.server })
  const node = await startIssuerNode(t, { answer: naming(issuer.url) })
  const { read } = create(t, [node.url])
  const { certificate, ...found } = await read()
  assert.deepEqual(found, { issuer: issuer.url })
  const { fingerprint256 } = new X509Certificate(certificates?.server.cert ?? '')
  assert.equal(certificate?.x509.fingerprint256, fingerprint256)
  assert.equal(certificate?.trustProblem, null)
  assert.deepEqual(node.requests, ['GET /.well-known/openid-configuration'])
  assert.deepEqual([issuer.requests, issuer.connections()], [[], 1])
})

test('a certificate that is over, another host’s, or of an unknown CA is told, and that it is not trusted', {
  skip,
}, async t => {
  for (const [pair, trustProblem] of [
    [certificates?.expired, 'CERT_HAS_EXPIRED'],
    [certificates?.otherHost, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    [createCertificates()?.server, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const) {
    const issuer = await startIssuerNode(t, { pair })
    const node = await startIssuerNode(t, { answer: naming(issuer.url) })
    const { certificate } = await create(t, [node.url]).read()
    assert.equal(certificate?.trustProblem, trustProblem)
  }
})

test('each node says its issuer or why it says none, in the order of the nodes, until the signal', async t => {
  const node = await startIssuerNode(t, { answer: naming('https://sso.example.com') })
  const odd = await startIssuerNode(t, { answer: naming(7) })
  const hanging = await startIssuerNode(t, { answer: () => stopping.abort() })
  const stopping = new AbortController()
  const dispatcher = new Agent()
  t.after(() => dispatcher.destroy())
  const urls = ['http://127.0.0.1:1', node.url, odd.url]
  const kindsOf = (answers: Awaited<ReturnType<typeof readIssuers>>) =>
    answers.map(answer => (typeof answer === 'string' ? answer : answer.kind))
  const read = (nodes: string[]) =>
    readIssuers({ urls: nodes, dispatcher, timeoutMs: 10_000 }, stopping.signal)
  assert.deepEqual(kindsOf(await read(urls)), ['unreachable', 'https://sso.example.com', 'unexpected'])
  assert.deepEqual(kindsOf(await read([hanging.url])), ['unreachable'])
})

test('a node whose certificate is not trusted says nothing of the issuer', { skip }, async t => {
  const node = await startIssuerNode(t, { pair: certificates?.otherHost })
  assert.equal(await fail(t, [node.url]), 'tls')
  assert.deepEqual(node.requests, [])
})

test('an issuer without TLS has no certificate', async t => {
  const node = await startIssuerNode(t)
  assert.deepEqual(await create(t, [node.url]).read(), { issuer: node.url, certificate: null })
})

test('one node that answers is enough, and whoever asks meanwhile is told the same', async t => {
  const node = await startIssuerNode(t)
  const broken = await startIssuerNode(t, { answer: response => void response.writeHead(503).end('<html>') })
  const { read } = create(t, ['http://127.0.0.1:1', broken.url, node.url])
  const all = await Promise.all([read(), read(), read()])
  assert.deepEqual(
    all.map(({ issuer }) => issuer),
    Array(3).fill(node.url),
  )
  assert.equal(node.requests.length, 1)
})

for (const [what, answer, kind] of [
  ['a page', (response: ServerResponse) => void response.end('<html>'), 'unexpected'],
  [
    'the status of a failure',
    (response: ServerResponse, url: string) =>
      void response.writeHead(404).end(JSON.stringify({ issuer: url })),
    'unexpected',
  ],
  ['an issuer that is no text', naming(1), 'unexpected'],
  ['an issuer over http elsewhere', naming('http://sso.example.com'), 'unexpected'],
  [
    'more than a document has',
    (response: ServerResponse, url: string) =>
      void response.end(JSON.stringify({ issuer: url, more: 'x'.repeat(300_000) })),
    'unexpected',
  ],
  ['a connection that breaks', (response: ServerResponse) => void response.destroy(), 'unreachable'],
] as const) {
  test(`a node that answers with ${what} is ${kind}`, async t => {
    const node = await startIssuerNode(t, { answer })
    assert.equal(await fail(t, [node.url]), kind)
  })
}

/** Accepts connections where TLS is expected. */
const startWithoutTls = async (t: TestContext, serve: (socket: Socket) => void): Promise<string> => {
  const server = createServer(socket => serve(socket.on('error', () => undefined)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => void server.close())
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('neither a node nor an issuer that does not answer is waited for longer than it has', async t => {
  const silent = await startIssuerNode(t, { answer: () => undefined })
  assert.equal(await fail(t, [silent.url, silent.url], 200), 'timeout')
  for (const [serve, kind] of [
    [() => undefined, 'timeout'],
    [(socket: Socket) => void socket.end(), 'unreachable'],
  ] as const) {
    const issuer = await startWithoutTls(t, serve)
    const node = await startIssuerNode(t, { answer: naming(issuer) })
    assert.equal(await fail(t, [node.url], 1_000), kind)
  }
  const gone = await startIssuerNode(t, { answer: naming('https://127.0.0.1:1') })
  assert.equal(await fail(t, [gone.url]), 'unreachable')
})
