import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { defaultGroupName, laterIds, planTrust } from '../../src/pingaccess/plan-trust.ts'
import type { LiveTrust, LiveTrustedCertificateGroup } from '../../src/pingaccess/trust-calls.ts'
import { createSelfSigned } from '../../src/sandbox/self-signed.ts'

const issuer = 'https://sso.example.com'
const x509 = new X509Certificate(createSelfSigned(['sso.example.com'], new Date()).cert)
const shown = { x509, chain: [] }
const sha256 = x509.fingerprint256.replaceAll(':', '').toLowerCase()
const ours = { id: 7, alias: 'ours', sha256, subjectDn: 'CN=sso.example.com' }

const group = (fields: Partial<LiveTrustedCertificateGroup>): LiveTrustedCertificateGroup => ({
  ...{ id: 3, name: 'Partners', certificateIds: [5], usesJavaTrustStore: false, isSystemGroup: false },
  ...{ ignoresAllErrors: false, skipsDateCheck: false, raw: { id: 3, revocationChecking: { crl: true } } },
  ...fields,
})
const java = group({ id: 1, name: 'Java Trust Store', usesJavaTrustStore: true, isSystemGroup: true })
const any = group({ id: 2, name: 'Trust Any', ignoresAllErrors: true, isSystemGroup: true })

const live = (fields: Partial<LiveTrust>): LiveTrust => ({
  ...{ issuer, groupId: null, skipsHostnameVerification: false, certificates: [], groups: [java, any] },
  runtime: { issuer, useSlo: true, stsTokenExchangeEndpoint: `${issuer}/sts` },
  ...fields,
})

const plan = (fields: Partial<LiveTrust>, groupName?: string) =>
  planTrust(live(fields), { issuer, shown, groupName })

test('what is not there yet stands in the calls after it by the name of its id', () => {
  const [certificate, made, runtime, ...others] = plan({ issuer: null, runtime: { issuer: '' } })
  assert.deepEqual(others, [])
  const alias = `pingfederate-sso.example.com-${sha256.slice(0, 16)}`
  const fileData = Buffer.from(x509.toString()).toString('base64')
  assert.deepEqual(certificate, { method: 'POST', path: '/certificates', body: { alias, fileData } })
  assert.deepEqual(made?.body, { name: defaultGroupName, certIds: [laterIds.certificate] })
  assert.deepEqual(runtime?.body, { issuer, trustedCertificateGroupId: laterIds.group })
})

test('a group and a token provider are sent back with all that was read', () => {
  const certificates = [ours]
  assert.deepEqual(plan({ certificates, groups: [group({})], groupId: 3 }), [
    {
      ...{ method: 'PUT', path: '/trustedCertificateGroups/3' },
      body: { id: 3, revocationChecking: { crl: true }, certIds: [5, 7] },
    },
  ])
  const groups = [group({ name: defaultGroupName, certificateIds: [7] })]
  assert.deepEqual(plan({ certificates, groups }), [
    {
      ...{ method: 'PUT', path: '/pingfederate/runtime' },
      body: {
        ...{ issuer, useSlo: true, stsTokenExchangeEndpoint: `${issuer}/sts` },
        trustedCertificateGroupId: 3,
      },
    },
  ])
})

test('nothing is left where the group has it, whatever it is called; and nothing for Trust Any unless a group is named', () => {
  const groups = [group({ certificateIds: [5, 7] }), any]
  assert.deepEqual(plan({ certificates: [ours], groups, groupId: 3 }), [])
  assert.deepEqual(plan({ groupId: 2 }), [])
  assert.equal(plan({ groupId: 2 }, 'Runtime').length, 3)
})

test('in the place of what Java trusts comes a group that trusts it, too', () => {
  const [, made] = plan({ groupId: 1 })
  assert.equal(made?.body['useJavaTrustStore'], true)
  const groups = [java, group({ name: defaultGroupName })]
  assert.throws(() => plan({ groupId: 1, groups }), { code: 'trusted_certificate_group_unusable' })
})

test('refused: another issuer, a group of PingAccess’s own, and another group than the one in use', () => {
  assert.throws(() => plan({ issuer: 'https://other.example.com' }), { code: 'token_provider_differs' })
  const unusable = { code: 'trusted_certificate_group_unusable' }
  assert.throws(() => plan({}, 'Trust Any'), unusable)
  assert.throws(() => plan({ groups: [group({})], groupId: 3 }, 'Other'), unusable)
})
