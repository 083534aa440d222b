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

test('the checklist has what is left of it, and all of it where that is not known', () => {
  const found = { issuer: 'https://sso.example.com', certificate: null }
  const left = (...paths: string[]) => {
    const calls = paths.map(path => ({ method: 'POST' as const, path, body: {} }))
    const { checklist } = toTokenProvider(found, 0, { ...read, calls })
    return checklist.map(({ call }) => call)
  }
  const all = toTokenProvider(found, 0).checklist.map(({ call }) => call)
  assert.deepEqual(left('/certificates', '/trustedCertificateGroups/3', '/pingfederate/runtime'), all)
  assert.deepEqual(left('/certificates').length, 2)
  assert.deepEqual(left('/trustedCertificateGroups/3', '/pingfederate/runtime'), all.slice(2))
  assert.deepEqual(left('/pingfederate/runtime'), ['PUT /pingfederate/runtime'])
  assert.deepEqual(left(), [])
  for (const unknown of [{ trusts: null }, { issuerAgrees: false }, { state: 'not_readable' as const }])
    assert.equal(toTokenProvider(found, 0, { ...read, ...unknown }).checklist.length, all.length)
})

const read = {
  ...{ state: 'read' as const, reason: null, issuer: null, issuerAgrees: true, trusts: true },
  ...{ trustedCertificateGroup: null, certificate: null, trustedBy: null },
  ...{ skipsHostnameVerification: false, missing: [], calls: [] },
}
