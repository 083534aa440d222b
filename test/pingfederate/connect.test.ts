import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { toTlsOptions } from '../../src/pingfederate/connect.ts'
import type { PingFederateFailure } from '../../src/pingfederate/failure.ts'
import { createPingFederate } from '../../src/pingfederate/ping-federate.ts'
import { Secret } from '../../src/secret.ts'
import { startBlackHole } from './black-hole.ts'
import { createCertificates, type KeyPair } from './certificates.ts'
import { clientSecret, connect, newClient, startUpstream, type UpstreamConfig } from './upstream.ts'

const certificates = createCertificates()
const skip = certificates ? false : 'needs the openssl command'

const config: UpstreamConfig = {
  adminUrl: 'https://127.0.0.1:1',
  credentials: { kind: 'basic', username: 'administrator', password: new Secret('a-password') },
  ca: certificates?.ca.cert,
  files: {},
  timeoutMs: 2_000,
  concurrency: 8,
  queue: 64,
  credentialsPauseMs: 90_000,
  replication: 'report',
}

/** The failure of a create, which is the call that must not be left open for nothing. */
const failToCreate = (t: TestContext, changes: Partial<UpstreamConfig>): Promise<PingFederateFailure> =>
  createPingFederate(connect(t, { ...config, ...changes }))
    .createClient(newClient(), clientSecret, '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10')
    .then(
      () => assert.fail('made a client'),
      failure => failure,
    )

const assertUnsent = (failure: PingFederateFailure, kind: 'tls' | 'unreachable'): void =>
  assert.deepEqual([failure.kind, failure.isAmbiguous], [kind, false])

/** A TCP server of the test's own. */
const serve = async (t: TestContext, onSocket: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>()
  const server: Server = createServer(socket => {
    sockets.add(socket.on('error', () => undefined))
    onSocket(socket)
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

const startTls = async (t: TestContext, pair: KeyPair | undefined, requestCert = false) => {
  const tls = { key: pair?.key ?? '', cert: pair?.cert ?? '', ca: certificates?.ca.cert ?? '', requestCert }
  return startUpstream(t, { sandbox: { tls } })
}

test('a certificate of the private CA is trusted', { skip }, async t => {
  const { sandbox } = await startTls(t, certificates?.server)
  const password = new Secret(sandbox.adminPassword)
  const credentials = { kind: 'basic', username: sandbox.adminUsername, password } as const
  const { getVersion } = createPingFederate(
    connect(t, { ...config, adminUrl: sandbox.adminUrl, credentials }),
  )
  assert.deepEqual(await getVersion(), [12, 1, 0, 4])
})

test('a client certificate signs in, without an Authorization header; without one it is 401', {
  skip,
}, async t => {
  const { sandbox, exchanges } = await startTls(t, certificates?.server, true)
  const { cert = '', key = '' } = certificates?.client ?? {}
  const credentials = { kind: 'mutual-tls', cert, key: new Secret(key) } as const
  const withCertificate = connect(t, { ...config, adminUrl: sandbox.adminUrl, credentials })
  assert.deepEqual(await createPingFederate(withCertificate).getVersion(), [12, 1, 0, 4])
  assert.equal(exchanges.length, 1)
  const failure = await failToCreate(t, { adminUrl: sandbox.adminUrl })
  assert.deepEqual([failure.kind, failure.status], ['credentials', 401])
})

for (const [what, pair, ca] of [
  ['the CA is not known', certificates?.server, undefined],
  ['it is for another host', certificates?.otherHost, certificates?.ca.cert],
  ['it has expired', certificates?.expired, certificates?.ca.cert],
] as const) {
  test(`11: \`tls\` and no request is sent, when of the server's certificate ${what}`, { skip }, async t => {
    const { sandbox, exchanges } = await startTls(t, pair)
    const failure = await failToCreate(t, { adminUrl: sandbox.adminUrl, ca })
    assertUnsent(failure, 'tls')
    assert.match(failure.code ?? '', /CERT|UNABLE|ALTNAME/)
    assert.deepEqual(exchanges, [])
  })
}

test('`tls` and not a byte of the request in the clear, when the server speaks no TLS', async t => {
  const received: Buffer[] = []
  const port = await serve(t, socket =>
    socket.on('data', bytes => {
      received.push(bytes)
      socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
    }),
  )
  assertUnsent(await failToCreate(t, { adminUrl: `https://127.0.0.1:${port}` }), 'tls')
  const text = Buffer.concat(received).toString('latin1')
  assert.ok(received.length > 0 && !text.includes('HTTP') && !text.includes('authorization'))
})

test('9: `unreachable`, when the port is closed', async t => {
  const { sandbox } = await startUpstream(t)
  await sandbox.close()
  assertUnsent(await failToCreate(t, { adminUrl: sandbox.adminUrl }), 'unreachable')
})

test('9: `unreachable`, when the name does not exist', async t => {
  assertUnsent(await failToCreate(t, { adminUrl: 'https://pingfederate.invalid:9999' }), 'unreachable')
})

test('`unreachable`, when the connection is reset before TLS is up, as a load balancer without servers does', async t => {
  const port = await serve(t, socket => socket.once('data', () => socket.resetAndDestroy()))
  assertUnsent(await failToCreate(t, { adminUrl: `https://127.0.0.1:${port}` }), 'unreachable')
})

test('`unreachable`, when the connection is ended before TLS is up', async t => {
  const port = await serve(t, socket => socket.once('data', () => socket.end()))
  assertUnsent(await failToCreate(t, { adminUrl: `https://127.0.0.1:${port}` }), 'unreachable')
})

/** The wait for a connection has ended by itself, well before the deadline of a call as long as any may be. */
const assertGivenUp = (failure: PingFederateFailure): void => {
  assertUnsent(failure, 'unreachable')
  assert.equal(failure.code, 'UND_ERR_CONNECT_TIMEOUT')
}

test('`unreachable` within seconds, when the TLS handshake is never answered', async t => {
  const port = await serve(t, () => undefined)
  assertGivenUp(await failToCreate(t, { adminUrl: `https://127.0.0.1:${port}`, timeoutMs: 60_000 }))
})

test('`unreachable`, not left open, when the deadline is shorter than the wait for a connection', async t => {
  const port = await serve(t, () => undefined)
  assertUnsent(
    await failToCreate(t, { adminUrl: `https://127.0.0.1:${port}`, timeoutMs: 100 }),
    'unreachable',
  )
})

test('10: `unreachable` within seconds, when nothing answers the SYN', async t => {
  const adminUrl = await startBlackHole(t)
  if (!adminUrl) return t.skip('this system accepts connections beyond the backlog')
  assertGivenUp(await failToCreate(t, { adminUrl, timeoutMs: 60_000 }))
})

test('a private CA is trusted beside those the process trusts already, such as NODE_EXTRA_CA_CERTS', {
  skip,
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
