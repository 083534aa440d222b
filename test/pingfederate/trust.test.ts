import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { toTlsOptions } from '../../src/pingfederate/connect.ts'
import { createCertificates } from './certificates.ts'

const certificates = createCertificates()

test('a private CA is trusted beside those the process trusts already, such as NODE_EXTRA_CA_CERTS', {
  skip: certificates ? false : 'needs the openssl command',
}, t => {
  const { ca, client } = certificates ?? assert.fail()
  const before = getCACertificates('default')
  t.after(() => setDefaultCACertificates(before))
  // Any certificate does for an extra one.
  setDefaultCACertificates([...before, client.cert])
  const { ca: trusted = [] } = toTlsOptions(ca.cert)
  assert.ok(trusted.includes(ca.cert))
  assert.equal(trusted.length, getCACertificates('default').length + 1)
})

test('without a private CA the process’s own trust is left alone', () => {
  assert.deepEqual(toTlsOptions(undefined), {})
})
