import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

export type KeyPair = { keyFile: string; certFile: string; key: string; cert: string }

export type Certificates = {
  ca: KeyPair
  /** For 127.0.0.1, by the CA. */
  server: KeyPair
  /** By the CA, but for another host. */
  otherHost: KeyPair
  /** For 127.0.0.1, by the CA, over since yesterday. */
  expired: KeyPair
  /** Of a caller, by the CA. */
  client: KeyPair
}

/** Made anew each time, because a private key in the repository looks like a leaked one. Undefined without openssl. */
export const createCertificates = (): Certificates | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  try {
    const ca = makeAuthority(folder)
    const issue = (name: string, subjectAltName: string, days = 1) =>
      makeLeaf(folder, ca, { name, subjectAltName, days })
    return {
      ca,
      server: issue('server', 'IP:127.0.0.1'),
      otherHost: issue('other-host', 'DNS:pingfederate.example'),
      expired: issue('expired', 'IP:127.0.0.1', -1),
      client: issue('client', 'DNS:caller.example'),
    }
  } catch {
    return undefined
  }
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

const openssl = (...parameters: string[]): void =>
  void execFileSync('openssl', parameters, { stdio: 'ignore' })

const toKeyPair = (folder: string, name: string): KeyPair => {
  const [keyFile, certFile] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)]
  return { keyFile, certFile, key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }
}

const makeAuthority = (folder: string): KeyPair => {
  const out = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.crt')]
  openssl('req', '-x509', ...newKey, ...out, '-subj', '/CN=private CA', '-days', '1')
  return toKeyPair(folder, 'ca')
}

type Leaf = { name: string; subjectAltName: string; days: number }

const makeLeaf = (folder: string, ca: KeyPair, { name, subjectAltName, days }: Leaf): KeyPair => {
  const file = (ending: string) => join(folder, `${name}.${ending}`)
  openssl('req', ...newKey, '-keyout', file('key'), '-out', file('csr'), '-subj', `/CN=${name}`)
  writeFileSync(file('ext'), `subjectAltName=${subjectAltName}\n`)
  const by = ['-CA', ca.certFile, '-CAkey', ca.keyFile, '-CAcreateserial', '-extfile', file('ext')]
  openssl('x509', '-req', '-in', file('csr'), ...by, '-days', String(days), '-out', file('crt'))
  return toKeyPair(folder, name)
}
