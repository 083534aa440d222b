import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createPingFederate } from '../../src/pingfederate/ping-federate.ts'
import { listen } from '../../src/sandbox/listen.ts'
import { Secret } from '../../src/secret.ts'
import { prepareProcess } from '../service-process.ts'
import { createCertificates, type KeyPair } from './certificates.ts'
import { basicConfig, connect, startUpstream, type UpstreamConfig } from './upstream.ts'

const folderOf = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'rotation-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** As a careful hand does it: the file is the former one or the new one, never half of either. */
const exchange = (file: string, content: string): void => {
  writeFileSync(`${file}.new`, content)
  renameSync(`${file}.new`, file)
}

/** A service process whose password for PingFederate is in a file. */
const startWithPasswordFile = async (t: TestContext) => {
  const file = join(folderOf(t), 'password')
  const env = { PINGFEDERATE_ADMIN_PASSWORD: '', PINGFEDERATE_ADMIN_PASSWORD_FILE: file }
  const { sandbox, start } = await prepareProcess(t, env)
  writeFileSync(file, `${sandbox.adminPassword}\n`)
  const service = await start()
  const create = async (clientId: string): Promise<number> => {
    const body = JSON.stringify({ clientId, pingAccessUrls: ['https://mypingaccessserver:3000'] })
    return (await service.call('POST', '/web-session-clients', body)).status
  }
  return { file, sandbox, service, create }
}

test('a password that is changed in PingFederate first: 502 until it is in the file, then 201, without a restart', async t => {
  const { file, sandbox, service, create } = await startWithPasswordFile(t)
  assert.equal(await create('first'), 201)
  sandbox.changeAdminPassword('the-second-password')
  assert.equal(await create('second'), 502)
  exchange(file, 'the-second-password\n')
  let status = await create('third')
  // Refused credentials are left alone for a second; it is over after that, and nothing else ends it.
  while (status === 502) status = await create('third')
  assert.equal(status, 201)
  assert.equal(service.child.exitCode, null)
  await service.logged('were read again from their files')
  assert.ok(!service.lines.some(line => line.includes('the-second-password')))
})

test('a password that is in the file first: every create is 201, before and after PingFederate follows', async t => {
  const { file, sandbox, create } = await startWithPasswordFile(t)
  exchange(file, 'the-second-password')
  assert.equal(await create('first'), 201)
  sandbox.changeAdminPassword('the-second-password')
  assert.equal(await create('second'), 201)
  assert.equal(await create('third'), 201)
})

test('a password file that is spoilt is told once and changes nothing until it is needed', async t => {
  const { file, sandbox, service, create } = await startWithPasswordFile(t)
  exchange(file, '')
  assert.equal(await create('first'), 201)
  sandbox.changeAdminPassword('the-second-password')
  assert.equal(await create('second'), 502)
  const line = await service.logged('cannot be used; the former ones stay in use')
  assert.match(line, /"level":"error".*"name":"PINGFEDERATE_ADMIN_PASSWORD_FILE","why":"names an empty file"/)
  exchange(file, 'the-second-password')
  let status = await create('third')
  while (status === 502) status = await create('third')
  assert.equal(status, 201)
  assert.equal(service.lines.filter(each => each.includes('cannot be used; the former')).length, 1)
})

test('an OAuth client secret is read again when the token endpoint refuses the one in use', async t => {
  const { sandbox } = await startUpstream(t)
  const file = join(folderOf(t), 'client-secret')
  writeFileSync(file, 'first')
  let valid = 'first'
  let asked = 0
  const server = createServer(async (request, response) => {
    asked += 1
    const isValid = request.headers.authorization === `Basic ${btoa(`admin:${valid}`)}`
    const token = await sandbox.accessToken({ service: 'pingfederate-admin-api' })
    response.writeHead(isValid ? 200 : 401, { 'content-type': 'application/json' })
    // Over at once, so that each call needs a new one.
    response.end(JSON.stringify(isValid ? { access_token: token, token_type: 'Bearer', expires_in: 1 } : {}))
  })
  const listening = await listen(server, 0, '127.0.0.1')
  t.after(() => listening[Symbol.asyncDispose]())
  let now = Date.now()
  const tokenUrl = `http://127.0.0.1:${listening.port}/token`
  const credentials = { kind: 'oauth', tokenUrl, clientId: 'admin', scope: undefined } as const
  const config: UpstreamConfig = {
    ...basicConfig(sandbox),
    credentials: { ...credentials, clientSecret: new Secret('first') },
    files: { PINGFEDERATE_ADMIN_CLIENT_SECRET_FILE: file },
  }
  const { findClient } = createPingFederate(connect(t, config, () => now))
  await findClient('pa_wam')
  valid = 'second'
  exchange(file, 'second')
  now += 2_000
  assert.equal(await findClient('pa_wam'), undefined)
  assert.equal(asked, 3)
})

const certificates = createCertificates()
const skip = certificates ? false : 'needs the openssl command'

/** A PingFederate with TLS, and certificate files that a test exchanges. */
const startTls = async (t: TestContext, { requestCert = false } = {}) => {
  const { ca, server } = certificates ?? assert.fail()
  const upstream = await startUpstream(t, {
    sandbox: { tls: { key: server.key, cert: server.cert, ca: ca.cert, requestCert } },
  })
  const folder = folderOf(t)
  const file = (name: string) => join(folder, name)
  const writePair = ({ cert, key }: Pick<KeyPair, 'cert' | 'key'>) => {
    exchange(file('cert'), cert)
    exchange(file('key'), key)
  }
  return { ...upstream, file, writePair, ca, server }
}

test('a CA is read again when PingFederate’s certificate is not trusted, and the same call succeeds', {
  skip,
}, async t => {
  const { sandbox, file, ca } = await startTls(t)
  const other = certificates?.client.cert ?? ''
  writeFileSync(file('ca'), other)
  const config = { ...basicConfig(sandbox), ca: other, files: { PINGFEDERATE_CA_FILE: file('ca') } }
  const { findClient } = createPingFederate(connect(t, config))
  await assert.rejects(findClient('pa_wam'), { kind: 'tls' })
  exchange(file('ca'), ca.cert)
  assert.equal(await findClient('pa_wam'), undefined)
})

test('a CA that is exchanged is not trusted any more within ten seconds, not even on a connection that stands', {
  skip,
}, async t => {
  const { sandbox, file, ca } = await startTls(t)
  writeFileSync(file('ca'), ca.cert)
  let now = 0
  const config = { ...basicConfig(sandbox), ca: ca.cert, files: { PINGFEDERATE_CA_FILE: file('ca') } }
  const { findClient } = createPingFederate(connect(t, config, () => now))
  await findClient('pa_wam')
  exchange(file('ca'), certificates?.client.cert ?? '')
  now = 10_000
  await assert.rejects(findClient('pa_wam'), { kind: 'tls' })
})

test('a client certificate and its key are read again when PingFederate refuses them', { skip }, async t => {
  const { sandbox, file, writePair, ca } = await startTls(t, { requestCert: true })
  const stranger = createCertificates()?.client ?? assert.fail()
  writePair(stranger)
  writeFileSync(file('ca'), ca.cert)
  const config: UpstreamConfig = {
    ...basicConfig(sandbox),
    ca: ca.cert,
    credentials: { kind: 'mutual-tls', cert: stranger.cert, key: new Secret(stranger.key) },
    files: {
      PINGFEDERATE_CA_FILE: file('ca'),
      PINGFEDERATE_ADMIN_CERT_FILE: file('cert'),
      PINGFEDERATE_ADMIN_KEY_FILE: file('key'),
    },
  }
  const { findClient } = createPingFederate(connect(t, config))
  await assert.rejects(findClient('pa_wam'), { kind: 'credentials' })
  writePair(certificates?.client ?? assert.fail())
  assert.equal(await findClient('pa_wam'), undefined)
})
