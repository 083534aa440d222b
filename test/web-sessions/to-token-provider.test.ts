import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { toTokenProvider } from '../../src/web-sessions/to-token-provider.ts'
import { createCertificates } from '../pingfederate/certificates.ts'

const certificates = createCertificates()

test('whole days are left, and negative ones once it is over', {
  skip: certificates ? false : 'needs the openssl command',
}, () => {
  const x509 = new X509Certificate(certificates?.server.cert ?? '')
  const end = x509.validToDate.getTime()
  const dayMs = 86_400_000
  for (const [now, days] of [
    [end - 2 * dayMs, 2],
    [end - 2 * dayMs + 1, 1],
    [end - 1, 0],
    [end + 1, -1],
  ] as const) {
    const found = { issuer: 'https://sso.example.com', certificate: { x509, chain: [], trustProblem: null } }
    assert.equal(toTokenProvider(found, now).certificate?.daysLeft, days)
  }
})
