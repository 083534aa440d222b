import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { judgeTrust } from '../../src/pingaccess/judge-trust.ts'
import type { LiveTrust, LiveTrustedCertificateGroup } from '../../src/pingaccess/trust-calls.ts'
import { createSelfSigned } from '../../src/sandbox/self-signed.ts'

const issuer = 'https://sso.example.com'
const x509 = new X509Certificate(createSelfSigned(['sso.example.com'], new Date()).cert)
const ca = new X509Certificate(createSelfSigned(['ca.example.com'], new Date()).cert)
const now = Date.now()

const toLive = (id: number, { fingerprint256 }: X509Certificate, subjectDn = 'CN=any') => ({
  ...{ id, alias: `number ${id}`, subjectDn },
  sha256: fingerprint256.replaceAll(':', '').toLowerCase(),
})

type Case = {
  group?: Partial<LiveTrustedCertificateGroup>
  live?: Partial<LiveTrust>
  now?: number
  chain?: X509Certificate[]
}

const judge = ({ group, live, chain = [], ...others }: Case) => {
  const one = {
    ...{ id: 3, name: 'Partners', certificateIds: [7], usesJavaTrustStore: false, isSystemGroup: false },
    ...{ ignoresAllErrors: false, skipsDateCheck: false, raw: {} },
    ...group,
  }
  const known = {
    ...{ issuer, groupId: 3, skipsHostnameVerification: false, runtime: {}, groups: [one] },
    certificates: [toLive(7, x509)],
    ...live,
  }
  const found = { issuer, certificate: { x509, chain, trustProblem: null } }
  return judgeTrust(known, found, others.now ?? now)
}

test('trusted by the certificate itself, and by one above it', () => {
  assert.deepEqual([judge({}).trusts, judge({}).notes], [true, []])
  const above = judge({ chain: [ca], live: { certificates: [toLive(7, ca)] } })
  assert.deepEqual([above.trusts, above.certificate, above.anchor?.id], [true, null, 7])
})

test('not trusted: without a group, by an empty one, by another certificate', () => {
  assert.equal(judge({ live: { groupId: null } }).trusts, false)
  assert.equal(judge({ group: { certificateIds: [] } }).trusts, false)
  assert.equal(judge({ live: { certificates: [toLive(7, ca)] } }).trusts, false)
})

test('not known: what Java trusts, and a CA of the same name, however its name is written', () => {
  assert.equal(judge({ group: { certificateIds: [], usesJavaTrustStore: true } }).trusts, null)
  const subjectDn = x509.issuer.split('\n').toReversed().join(', ').toUpperCase()
  assert.equal(judge({ live: { certificates: [toLive(7, ca, subjectDn)] } }).trusts, null)
})

test('a group that trusts anything is trusted, and warned of', () => {
  const { trusts, notes } = judge({ group: { certificateIds: [], ignoresAllErrors: true } })
  assert.equal(trusts, true)
  assert.match(notes.join(), /any certificate/)
})

test('one that is over, or not valid yet, is trusted only where dates are not looked at', () => {
  for (const now of [x509.validToDate.getTime() + 1, x509.validFromDate.getTime() - 1]) {
    assert.equal(judge({ now }).trusts, false)
    assert.equal(judge({ now, group: { skipsDateCheck: true } }).trusts, true)
  }
})

test('one of another host is trusted only where hosts are not looked at', () => {
  const live = { certificates: [toLive(7, ca)] }
  const found = { issuer, certificate: { x509: ca, chain: [], trustProblem: null } }
  const group = {
    ...{ id: 3, name: 'Partners', certificateIds: [7], usesJavaTrustStore: false, isSystemGroup: false },
    ...{ ignoresAllErrors: false, skipsDateCheck: false, raw: {} },
  }
  const known = { issuer, groupId: 3, runtime: {}, groups: [group], ...live }
  for (const skipsHostnameVerification of [false, true])
    assert.equal(
      judgeTrust({ ...known, skipsHostnameVerification }, found, now).trusts,
      skipsHostnameVerification,
    )
})

test('another issuer is told, and one that is not set', () => {
  const other = judge({ live: { issuer: 'https://other.example.com' } })
  assert.equal(other.issuerAgrees, false)
  assert.match(other.notes.join(), /other\.example\.com/)
  assert.match(judge({ live: { issuer: null } }).notes.join(), /no token provider yet/)
})
