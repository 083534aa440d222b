import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { checkPingAccess } from '../../src/installation/check-ping-access.ts'
import type { Found } from '../../src/installation/warning-schema.ts'
import { PingAccessFailure } from '../../src/pingaccess/failure.ts'
import { createPingAccess, type PingAccessReads } from '../../src/pingaccess/ping-access.ts'
import { PingFederateFailure } from '../../src/pingfederate/failure.ts'
import type { Exchange } from '../../src/sandbox/exchange.ts'
import { Secret } from '../../src/secret.ts'
import { install } from '../sandbox/pingaccess/installed.ts'

/** The sandbox's PingAccess that trusts its PingFederate, and a client of it. */
const prepare = async (t: TestContext) => {
  const { administrator, pingAccess } = await install(t)
  const { adminUrl, adminUsername: username, adminPassword, issuer } = pingAccess
  const reads = createPingAccess(
    {
      adminUrl,
      credentials: { kind: 'basic', username, password: new Secret(adminPassword) },
      ...{ ca: undefined, files: {}, timeoutMs: 2_000, concurrency: 4 },
    },
    { now: Date.now, onReread: () => undefined, onCall: () => undefined, onCredentials: () => undefined },
  )
  t.after(() => reads.close())
  const exchanges: Exchange[] = []
  pingAccess.onExchange(exchange => void exchanges.push(exchange))
  const look = (expected: Partial<Parameters<typeof checkPingAccess>[1]> = {}, others = {}) =>
    checkPingAccess({ ...reads, ...others }, { callbackPath: '/pa/oidc/cb', issuer, ...expected })
  return { administrator, issuer, exchanges, look }
}

const codesOf = (found: Found): string[] =>
  Object.values(found).flatMap(warning => (warning ? [warning.code] : []))

test('of a PingAccess that is set up each code is known to be all right, and only reads are sent', async t => {
  const { look, exchanges, issuer } = await prepare(t)
  const { found, unread } = await look()
  assert.deepEqual(Object.keys(found).toSorted(), [
    'pingaccess_rights_missing',
    'pingaccess_version_new',
    'pingaccess_version_old',
    'reserved_context_root_differs',
    'token_provider_differs',
    'token_provider_not_set',
  ])
  assert.deepEqual([codesOf(found), unread], [[], []])
  assert.deepEqual([...new Set(exchanges.map(({ method }) => method))], ['GET'])
  assert.deepEqual(codesOf((await look({ issuer: `${issuer}/` })).found), [])
})

test('token_provider_differs where PingAccess has another issuer, and nothing is known where PingFederate’s is not', async t => {
  const { look } = await prepare(t)
  const { found } = await look({ issuer: 'https://sso.example.com' })
  assert.deepEqual(codesOf(found), ['token_provider_differs'])
  assert.ok(!JSON.stringify(found).includes('://'))
  assert.ok(!('token_provider_differs' in (await look({ issuer: undefined })).found))
})

test('token_provider_not_set where there is none', async t => {
  const { look } = await prepare(t)
  const getTokenProvider = async () => ({ issuer: null, useSlo: false })
  const { found } = await look({}, { getTokenProvider } satisfies Partial<PingAccessReads>)
  assert.deepEqual(codesOf(found), ['token_provider_not_set'])
})

test('reserved_context_root_differs where the redirect URIs begin with another one', async t => {
  const { look, administrator } = await prepare(t)
  await administrator.send('PUT', '/applications/reserved', { contextRoot: '/access' })
  assert.deepEqual(codesOf((await look()).found), ['reserved_context_root_differs'])
  assert.deepEqual(codesOf((await look({ callbackPath: '/access/oidc/cb' })).found), [])
})

const failing = (
  status: number,
  kind: 'forbidden' | 'unexpected' | 'server-error',
  speaker: 'itself' | 'another',
) => Promise.reject(new PingAccessFailure(new PingFederateFailure(kind, { status, speaker })))

test('what the account may not read is named, and what failed for another reason apart from it', async t => {
  const { look } = await prepare(t)
  const { found, unread } = await look(
    {},
    {
      listWebSessions: () => failing(403, 'forbidden', 'itself'),
      listVirtualHosts: () => failing(403, 'forbidden', 'itself'),
      listApplications: () => failing(403, 'unexpected', 'another'),
      getVersion: () => failing(503, 'server-error', 'another'),
    },
  )
  assert.deepEqual(codesOf(found), ['pingaccess_rights_missing'])
  assert.match(found.pingaccess_rights_missing?.detail ?? '', /read \/webSessions, \/virtualhosts\.$/)
  assert.deepEqual(unread, [
    '/version of PingAccess (server-error)',
    '/applications of PingAccess (unexpected)',
  ])
  assert.ok(!('pingaccess_version_old' in found))
})
