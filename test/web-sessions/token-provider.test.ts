import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { readMetrics, sumOf } from '../metrics/exposition.ts'
import { createCertificates, type KeyPair } from '../pingfederate/certificates.ts'
import { startIssuerNode } from '../pingfederate/issuer-node.ts'
import { startTestService } from '../service.ts'

const certificates = createCertificates()
const skip = certificates ? false : 'needs the openssl command'
const gauge = 'web_session_clients_token_provider_certificate_expiry_timestamp_seconds'

/** The service with a runtime node whose issuer shows that certificate. */
const start = async (t: TestContext, pair: KeyPair | undefined) => {
  const issuer = await startIssuerNode(t, { pair })
  const node = await startIssuerNode(t, {
    answer: response => void response.end(JSON.stringify({ issuer: issuer.url })),
  })
  const env = {
    PINGFEDERATE_RUNTIME_URLS: node.url,
    PINGFEDERATE_CA_FILE: certificates?.ca.certFile ?? '',
  }
  return { ...(await startTestService(t, { env })), issuer }
}

test('200 with the issuer, its certificate in PEM, and what to do with them', { skip }, async t => {
  const x509 = new X509Certificate(certificates?.server.cert ?? '')
  const { call, issuer } = await start(t, certificates?.server)
  const { status, body } = await call('GET', '/token-provider')
  assert.equal(status, 200)
  assert.equal(body.issuer, issuer.url)
  assert.deepEqual(body.certificate, {
    pem: x509.toString(),
    sha256Fingerprint: x509.fingerprint256,
    subject: 'CN=server',
    issuer: 'CN=private CA',
    validFrom: x509.validFromDate.toISOString(),
    validTo: x509.validToDate.toISOString(),
    daysLeft: 0,
    trustProblem: null,
  })
  const calls = body.checklist.map((step: { call: string }) => step.call)
  assert.equal(calls.at(-1), 'PUT /pingfederate/runtime')
  assert.ok(body.checklist.some(({ text }: { text: string }) => text.includes(issuer.url)))
})

test('200 without the certificate itself where it is not trusted: nobody imports what somebody in between shows', {
  skip,
}, async t => {
  const { call } = await start(t, certificates?.expired)
  const { status, body } = await call('GET', '/token-provider')
  assert.equal(status, 200)
  const { pem, trustProblem, daysLeft } = body.certificate
  assert.deepEqual([pem, trustProblem], [null, 'CERT_HAS_EXPIRED'])
  assert.ok(daysLeft < 0)
})

test('200 for an issuer without TLS, which has none', async t => {
  const { call, sandbox } = await startTestService(t)
  const { status, body } = await call('GET', '/token-provider')
  assert.deepEqual([status, body.issuer, body.certificate], [200, sandbox.issuer, null])
})

test('409 where no runtime node is configured; 503 where none answers', async t => {
  const none = await startTestService(t, { env: { PINGFEDERATE_RUNTIME_URLS: '' } })
  const unset = await none.call('GET', '/token-provider')
  assert.deepEqual([unset.status, unset.body.code], [409, 'runtime_not_configured'])
  const down = await startTestService(t, { env: { PINGFEDERATE_RUNTIME_URLS: 'http://127.0.0.1:1' } })
  const unreachable = await down.call('GET', '/token-provider')
  assert.deepEqual([unreachable.status, unreachable.body.code], [503, 'pingfederate_unreachable'])
})

test('the metrics tell when the certificate ends, soon after the start', { skip }, async t => {
  const service = await start(t, certificates?.server)
  let metrics = await readMetrics(service)
  while (sumOf(metrics, gauge) === undefined) metrics = await readMetrics(service)
  const { validToDate } = new X509Certificate(certificates?.server.cert ?? '')
  assert.equal(sumOf(metrics, gauge), validToDate.getTime() / 1_000)
})
