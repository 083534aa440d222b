import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Agent, request } from 'undici'
import { createSandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { callAdminApi } from './call-admin-api.ts'

const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
const certificates = createCertificates()
after(() => rmSync(folder, { recursive: true }))

test('two sandboxes run side by side on ports of their own', async () => {
  const [a, b] = await Promise.all([createSandbox({ audience: 'a' }), createSandbox({ audience: 'b' })])
  assert.equal(new Set([a.adminUrl, b.adminUrl, a.issuer, b.issuer]).size, 4)
  assert.notEqual(a.adminPassword, b.adminPassword)
  assert.notEqual(a.services.portal.clientSecret, b.services.portal.clientSecret)
  await Promise.all([a.close(), b.close()])
})

test('nothing answers after close, not even on connections that were open', async () => {
  const sandbox = await createSandbox({ audience: 'test' })
  assert.equal((await callAdminApi(sandbox, 'GET', '/version')).status, 200)
  await sandbox.accessToken({ service: 'portal' })
  await sandbox.close()
  await assert.rejects(callAdminApi(sandbox, 'GET', '/version'))
  await assert.rejects(sandbox.accessToken({ service: 'portal' }))
})

test('given names, passwords and the public issuer URL are used', async () => {
  const options = { adminUsername: 'root', adminPassword: 'given', issuerUrl: 'http://localhost:9031' }
  const sandbox = await createSandbox({ audience: 'test', ...options })
  assert.equal((await callAdminApi(sandbox, 'GET', '/version')).status, 200)
  assert.deepEqual([sandbox.adminUsername, sandbox.adminPassword, sandbox.issuer], Object.values(options))
  const token = await sandbox.accessToken({ service: 'portal' })
  const [, claims = ''] = token.split('.')
  assert.equal(JSON.parse(Buffer.from(claims, 'base64url').toString()).iss, 'http://localhost:9031')
  await sandbox.close()
})

test('200 for who asks the issuer as soon as it listens: the answer waits until there is one', async () => {
  const issuerPort = await findFreePort()
  const starting = createSandbox({ audience: 'test', issuerPort })
  assert.equal(
    await askUntilConnected(`http://127.0.0.1:${issuerPort}/.well-known/openid-configuration`),
    200,
  )
  await (await starting).close()
})

const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const askUntilConnected = async (url: string): Promise<number> => {
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) }).catch(error => {
      if (error.cause?.code !== 'ECONNREFUSED') throw error
    })
    if (answer) return answer.status
  }
}

test('what keeps the sandbox from starting is an error, and nothing is left running', async () => {
  const first = await createSandbox({ audience: 'test' })
  const adminPort = Number(new URL(first.adminUrl).port)
  await assert.rejects(createSandbox({ audience: 'test', adminPort }), { code: 'EADDRINUSE' })
  await assert.rejects(createSandbox({ audience: 'test', issuerUrl: 'not a URL' }))
  await first.close()
})

test('the admin API answers over TLS to whoever trusts its private CA', {
  skip: certificates.missing,
}, async () => {
  assert.equal(await readOverTls({}, { ca: certificates.cert }), 401)
  await assert.rejects(readOverTls({}, {}), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})

test('a client certificate is as good as a password, no certificate is not', {
  skip: certificates.missing,
}, async () => {
  const mutual = { ca: certificates.cert, requestCert: true }
  const { cert, key } = certificates
  assert.equal(await readOverTls(mutual, { ca: cert, cert, key }), 200)
  assert.equal(await readOverTls(mutual, { ca: cert }), 401)
})

async function readOverTls(
  server: Partial<NonNullable<SandboxOptions['tls']>>,
  client: { ca?: string; cert?: string; key?: string },
): Promise<number> {
  const { cert, key } = certificates
  const sandbox = await createSandbox({ audience: 'test', tls: { cert, key, ...server } })
  const dispatcher = new Agent({ connect: client })
  try {
    const url = `${sandbox.adminUrl}/pf-admin-api/v1/version`
    const { statusCode, body } = await request(url, {
      dispatcher,
      headers: { 'x-xsrf-header': 'PingFederate' },
    })
    await body.dump()
    return statusCode
  } finally {
    await dispatcher.close()
    await sandbox.close()
  }
}

/** Made anew each time, because a private key in the repository looks like a leaked one. */
function createCertificates(): { cert: string; key: string; missing: string | false } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=sandbox', '-addext', 'subjectAltName=IP:127.0.0.1']
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  try {
    execFileSync('openssl', ['req', '-x509', ...newKey, '-out', cert, '-days', '1', ...subject], {
      stdio: 'ignore',
    })
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8'), missing: false }
  } catch {
    return { cert: '', key: '', missing: 'needs the openssl command' }
  }
}
