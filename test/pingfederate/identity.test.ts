import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { FileProblem } from '../../src/files/reread-files.ts'
import type { PingFederateCredentials } from '../../src/pingfederate/config.ts'
import { createIdentity } from '../../src/pingfederate/identity.ts'
import { Secret } from '../../src/secret.ts'
import { createCertificates } from './certificates.ts'
import type { UpstreamConfig } from './upstream.ts'

const folderOf = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'identity-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const start = (config: Pick<UpstreamConfig, 'credentials' | 'ca' | 'files'>) => {
  const clock = { now: 0 }
  const told: (readonly FileProblem[])[] = []
  const identity = createIdentity(config, { now: () => clock.now, onReread: each => told.push(each) })
  return { ...identity, clock, told }
}

const basic = (password: string): PingFederateCredentials => ({
  kind: 'basic',
  username: 'administrator',
  password: new Secret(password),
})

/** An identity whose password, `first`, is in a file. */
const startWithPassword = (t: TestContext) => {
  const folder = folderOf(t)
  const file = join(folder, 'password')
  writeFileSync(file, 'first\n')
  const files = { PINGFEDERATE_ADMIN_PASSWORD_FILE: file }
  const identity = start({ credentials: basic('first'), ca: undefined, files })
  const password = () => {
    const credentials = identity.credentials()
    return credentials.kind === 'basic' ? credentials.password.reveal() : undefined
  }
  return { ...identity, folder, file, password }
}

test('a password is read again for whoever was refused, when its file has changed', async t => {
  const { refresh, password, file, told } = startWithPassword(t)
  assert.equal(await refresh(), false)
  writeFileSync(file, 'second\n')
  assert.equal(password(), 'first')
  assert.equal(await refresh(), true)
  assert.equal(password(), 'second')
  assert.equal(await refresh(), false)
  assert.deepEqual(told, [[]])
})

test('a password changed between the start’s reading and the first look is not missed', async t => {
  const { refresh, password, file } = startWithPassword(t)
  writeFileSync(file, 'second')
  assert.equal(await refresh(), true)
  assert.equal(password(), 'second')
})

test('a mounted secret that is exchanged by a symbolic link further up is noticed', async t => {
  const folder = folderOf(t)
  const version = (name: string, password: string) => {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'password'), password)
    symlinkSync(name, join(folder, '..new'))
    renameSync(join(folder, '..new'), join(folder, '..data'))
  }
  version('..1', 'first')
  symlinkSync('..data/password', join(folder, 'password'))
  const files = { PINGFEDERATE_ADMIN_PASSWORD_FILE: join(folder, 'password') }
  const { refresh, credentials } = start({ credentials: basic('first'), ca: undefined, files })
  assert.equal(await refresh(), false)
  version('..2', 'other')
  assert.equal(await refresh(), true)
  const changed = credentials()
  assert.equal(changed.kind === 'basic' && changed.password.reveal(), 'other')
})

for (const [what, spoil, why] of [
  ['empty', (file: string) => writeFileSync(file, ''), 'names an empty file'],
  ['missing', (file: string) => rmSync(file), 'names a file that cannot be read (ENOENT)'],
  [
    'a folder',
    (file: string) => {
      rmSync(file)
      mkdirSync(file)
    },
    'names a file that cannot be read (EISDIR)',
  ],
] as const) {
  test(`a password file that is ${what} leaves the former password in use, is told once, and is forgiven once it is good again`, async t => {
    const { refresh, password, file, told } = startWithPassword(t)
    await refresh()
    spoil(file)
    for (let attempt = 0; attempt < 3; attempt += 1) assert.equal(await refresh(), false)
    assert.equal(password(), 'first')
    assert.deepEqual(told, [[{ name: 'PINGFEDERATE_ADMIN_PASSWORD_FILE', why }]])
    rmSync(file, { recursive: true, force: true })
    writeFileSync(file, 'second')
    assert.equal(await refresh(), true)
    assert.equal(password(), 'second')
  })
}

test('a file that was only touched changes nothing', async t => {
  const { refresh, file, told } = startWithPassword(t)
  await refresh()
  writeFileSync(file, 'first\n')
  chmodSync(file, 0o600)
  assert.equal(await refresh(), false)
  assert.deepEqual(told, [])
})

test('many refused at once share one look', async t => {
  const { refresh, file, told } = startWithPassword(t)
  writeFileSync(file, 'second')
  const changes = await Promise.all(Array.from({ length: 20 }, () => refresh()))
  assert.ok(changes.every(Boolean))
  assert.equal(told.length, 1)
})

test('without files nothing is looked at', async () => {
  const { refresh, refreshCertificates, told } = start({
    credentials: basic('first'),
    ca: undefined,
    files: {},
  })
  await refreshCertificates()
  assert.equal(await refresh(), false)
  assert.deepEqual(told, [])
})

const certificates = createCertificates()
const skip = certificates ? false : 'needs the openssl command'

/** An identity with a key pair and a CA in files. */
const startWithCertificates = (t: TestContext) => {
  const { ca, client, server } = certificates ?? assert.fail()
  const folder = folderOf(t)
  const file = (name: string) => join(folder, name)
  writeFileSync(file('ca'), ca.cert)
  writeFileSync(file('cert'), client.cert)
  writeFileSync(file('key'), client.key)
  const files = {
    PINGFEDERATE_CA_FILE: file('ca'),
    PINGFEDERATE_ADMIN_CERT_FILE: file('cert'),
    PINGFEDERATE_ADMIN_KEY_FILE: file('key'),
  }
  const credentials = { kind: 'mutual-tls', cert: client.cert, key: new Secret(client.key) } as const
  return { ...start({ credentials, ca: ca.cert, files }), file, others: server }
}

test('certificates are looked at every ten seconds, also when a clock is set back', { skip }, async t => {
  const { certificates: current, refreshCertificates, clock, file, others } = startWithCertificates(t)
  const exchange = (pem: string) => writeFileSync(file('ca'), pem)
  await refreshCertificates()
  exchange(others.cert)
  clock.now = 9_999
  await refreshCertificates()
  assert.notEqual(current().ca, others.cert)
  clock.now = 10_000
  await refreshCertificates()
  assert.equal(current().ca, others.cert)
  exchange(certificates?.ca.cert ?? '')
  clock.now = -1
  await refreshCertificates()
  assert.notEqual(current().ca, others.cert)
})

test('certificate and key are taken together, and not while they do not belong together', {
  skip,
}, async t => {
  const { certificates: current, refresh, file, others, told } = startWithCertificates(t)
  const before = current()
  await refresh()
  writeFileSync(file('cert'), others.cert)
  assert.equal(await refresh(), false)
  assert.equal(current(), before)
  const name = 'PINGFEDERATE_ADMIN_KEY_FILE'
  const why = 'names a file whose key does not belong to the certificate in PINGFEDERATE_ADMIN_CERT_FILE'
  assert.deepEqual(told, [[{ name, why }]])
  writeFileSync(file('key'), others.key)
  assert.equal(await refresh(), true)
  assert.deepEqual([current().cert, current().key?.reveal()], [others.cert, others.key])
})

test('what is no certificate leaves the former one in use, and what is told has no word of it', {
  skip,
}, async t => {
  const { certificates: current, refresh, file, told } = startWithCertificates(t)
  writeFileSync(file('ca'), 'not a certificate')
  assert.equal(await refresh(), false)
  assert.equal(current().ca, certificates?.ca.cert)
  const why = 'names a file that does not hold a certificate in PEM'
  assert.deepEqual(told, [[{ name: 'PINGFEDERATE_CA_FILE', why }]])
})
