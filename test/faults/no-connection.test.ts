import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startBlackHole } from '../pingfederate/black-hole.ts'
import { createCertificates } from '../pingfederate/certificates.ts'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { createKey, createUnderKey, recordCalls, smallest } from '../web-session-clients/requests.ts'
import { startObserved } from './installation.ts'

type Observed = Awaited<ReturnType<typeof startObserved>>

/** Refused with nothing made, and made under the same key by a service that reaches PingFederate. */
const assertUndone = async (first: Observed, key: string, start: () => Promise<Observed>): Promise<void> => {
  assert.deepEqual(first.sandbox.pingFederate.clients(), [])
  await first.stop()
  const second = await start()
  const created = await createUnderKey(second, key)
  assert.equal(created.status, 201)
  assert.equal((await redeem(second, created.body.retrieval.token)).status, 200)
  await second.check()
}

const unreachable: [string, string][] = [
  ['whose port is closed', 'http://127.0.0.1:1'],
  ['whose name does not exist', 'https://pingfederate.invalid:9999'],
]
for (const [what, adminUrl] of unreachable) {
  test(`9: a PingFederate ${what}: 503 with Retry-After, no client, and 201 under the same key once it is there`, async t => {
    const first = await startObserved(t, { env: { PINGFEDERATE_ADMIN_URL: adminUrl } })
    const key = createKey()
    const { status, body, headers } = await createUnderKey(first, key)
    assert.deepEqual([status, body.code], [503, 'pingfederate_unreachable'])
    assert.ok(Number(headers.get('retry-after')) > 0)
    const env = { PINGFEDERATE_ADMIN_URL: first.sandbox.adminUrl }
    await assertUndone(first, key, () => startObserved(t, { after: first, env }))
  })
}

test('10: a PingFederate that does not answer SYN: 503 within seconds, not when the system gives up', async t => {
  const adminUrl = await startBlackHole(t)
  if (!adminUrl) return t.skip('this system accepts connections beyond the backlog')
  const first = await startObserved(t, { env: { PINGFEDERATE_ADMIN_URL: adminUrl } })
  const key = createKey()
  const begun = performance.now()
  const { status, body } = await createUnderKey(first, key)
  assert.deepEqual([status, body.code], [503, 'pingfederate_unreachable'])
  assert.ok(performance.now() - begun < 9_000)
  const env = { PINGFEDERATE_ADMIN_URL: first.sandbox.adminUrl }
  await assertUndone(first, key, () => startObserved(t, { after: first, env }))
})

const certificates = createCertificates()
for (const [what, pair, isCaKnown] of [
  ['of an unknown CA', certificates?.server, false],
  ['for another host', certificates?.otherHost, true],
  ['that has expired', certificates?.expired, true],
] as const) {
  test(`11: a certificate ${what}: 502 pingfederate_tls, and not one request is sent`, {
    skip: !certificates && 'needs the openssl command',
  }, async t => {
    const tls = { key: pair?.key ?? '', cert: pair?.cert ?? '' }
    const caFile = certificates?.ca.certFile ?? ''
    const env: Record<string, string> = isCaKnown ? { PINGFEDERATE_CA_FILE: caFile } : {}
    const service = await startObserved(t, { sandbox: { tls }, env })
    const calls = recordCalls(service.sandbox)
    const { status, body } = await createUnderKey(service, createKey())
    assert.deepEqual([status, body.code], [502, 'pingfederate_tls'])
    assert.deepEqual(calls, [])
    await service.check()
  })
}

test('27: kept-alive connections that end between two calls: 201 each, one client each', async t => {
  const service = await startObserved(t)
  service.sandbox.pingFederate.faults.always({ fault: { answer: { kind: 'close' } } })
  const ids = Array.from({ length: 20 }, (_, index) => `client-${index}`)
  for (const clientId of ids) {
    const body = { ...smallest, clientId }
    assert.equal((await createUnderKey(service, createKey(), { body })).status, 201)
  }
  assert.deepEqual(service.madeClients(), ids)
  await service.check()
})
