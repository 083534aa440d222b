import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readPemFiles } from '../../src/files/pem-files.ts'
import { createCertificates } from '../pingfederate/certificates.ts'

const certificates = createCertificates()
const skip = certificates ? false : 'needs the openssl command'

const write = (t: TestContext, content: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'pem-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'pem')
  writeFileSync(path, content)
  return path
}

const whyOf = (values: Record<string, string>): string[] =>
  readPemFiles(values).problems.map(({ name, why }) => `${name} ${why}`)

test('a certificate and the key that belongs to it are read, and a CA beside them', { skip }, t => {
  const { ca, client } = certificates ?? assert.fail()
  const { pems, problems } = readPemFiles({
    PINGFEDERATE_CA_FILE: write(t, ca.cert),
    PINGFEDERATE_ADMIN_CERT_FILE: write(t, client.cert),
    PINGFEDERATE_ADMIN_KEY_FILE: write(t, client.key),
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(pems, {
    PINGFEDERATE_CA_FILE: ca.cert,
    PINGFEDERATE_ADMIN_CERT_FILE: client.cert,
    PINGFEDERATE_ADMIN_KEY_FILE: client.key,
  })
})

test('a key of another certificate is told', { skip }, t => {
  const { client, server } = certificates ?? assert.fail()
  const files = {
    PINGFEDERATE_ADMIN_CERT_FILE: write(t, client.cert),
    PINGFEDERATE_ADMIN_KEY_FILE: write(t, server.key),
  }
  assert.match(whyOf(files).join(), /^PINGFEDERATE_ADMIN_KEY_FILE names a file whose key does not belong/)
})

test('every file that is missing or holds something else is told, and nothing of what it holds', t => {
  const spoilt = write(t, '-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----\n')
  assert.deepEqual(
    whyOf({
      PINGFEDERATE_CA_FILE: '/nowhere/ca.pem',
      PINGFEDERATE_ADMIN_CERT_FILE: spoilt,
      PINGFEDERATE_ADMIN_KEY_FILE: spoilt,
    }),
    [
      'PINGFEDERATE_CA_FILE names a file that cannot be read (ENOENT)',
      'PINGFEDERATE_ADMIN_CERT_FILE names a file that does not hold a certificate in PEM',
      'PINGFEDERATE_ADMIN_KEY_FILE names a file that does not hold an unencrypted private key in PEM',
    ],
  )
})

test('without files there is nothing to read', () => {
  assert.deepEqual(readPemFiles({ PINGFEDERATE_CA_FILE: '' }), { pems: {}, problems: [] })
})
