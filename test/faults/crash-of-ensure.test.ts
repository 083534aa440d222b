import assert from 'node:assert/strict'
import { test } from 'node:test'
import { laterThanLeasesMs } from '../service.ts'
import { drift } from '../web-session-clients/drifts.ts'
import { declared, ensure } from '../web-session-clients/ensures.ts'
import { createKey, recordCalls, writesOf } from '../web-session-clients/requests.ts'
import { logsIn, rotate, secretOf } from '../web-session-clients/rotations.ts'
import { readEnds, restart } from './after-kill.ts'
import { useEngines } from './engines.ts'
import type { Installation, ServiceProcess } from './installation.ts'
import { killAt, killUnanswered } from './kill.ts'

const post = { method: 'POST', path: '/oauth/clients' }
const wanted = { ...declared, name: 'Shop', requirePkce: true }

const ensureUnder = (service: Pick<ServiceProcess, 'call'>, key?: string) =>
  ensure(service, wanted, key === undefined ? {} : { headers: { 'idempotency-key': key } })

/** There is one client as declared, on both sides, and declaring it again writes nothing. */
const checkConverged = async (installation: Installation, service: ServiceProcess): Promise<void> => {
  const calls = recordCalls(installation.sandbox)
  const { status, body } = await ensureUnder(service)
  assert.deepEqual([status, body.changes, writesOf(calls)], [200, [], []])
  for (const [name, value] of Object.entries(wanted)) assert.deepEqual(body[name], value, name)
  assert.equal((await drift(service)).drifted, false)
  assert.deepEqual(installation.madeClients(), ['pa_wam'])
  assert.deepEqual(await readEnds(installation, 'client.create'), ['intended', 'done'])
  await service.kill()
  await installation.check()
}

for (const [engine, install] of Object.entries(useEngines())) {
  test(`81: on ${engine}, killed before the intent of a first PUT is committed: there is nothing, and the retry makes the client`, async t => {
    const installation = await install(t)
    const killed = await installation.start()
    await killAt(killed, { when: 'before', commit: 1 }, () => ensureUnder(killed))
    const service = await installation.start()
    assert.equal((await ensureUnder(service)).status, 201)
    await checkConverged(installation, service)
  })

  test(`81: on ${engine}, killed after the intent of a first PUT: recovery gives it up, and the retry makes the client`, async t => {
    const installation = await install(t)
    const killed = await installation.start()
    await killAt(killed, { when: 'after', commit: 1 }, () => ensureUnder(killed))
    assert.deepEqual(installation.madeClients(), [])
    const service = await restart({ installation }, laterThanLeasesMs)
    assert.equal((await ensureUnder(service)).status, 201)
    await checkConverged(installation, service)
  })

  test(`81: on ${engine}, killed before PingFederate’s answer to a first PUT was read: the retry finds the client and makes no other, and has its token under its key`, async t => {
    const installation = await install(t)
    const killed = await installation.start()
    const key = createKey()
    await killUnanswered({ ...installation, service: killed }, post, () => ensureUnder(killed, key))
    const service = await restart({ installation }, laterThanLeasesMs)
    const { status, body, headers } = await ensureUnder(service, key)
    assert.deepEqual([status, headers.get('idempotent-replayed')], [201, 'true'])
    assert.equal(await logsIn(installation, await secretOf(service, body.retrieval.token)), true)
    await checkConverged(installation, service)
  })

  for (const [where, when] of [
    ['between PingFederate’s answer to a first PUT and our commit', 'before'],
    ['after the end of a first PUT is committed', 'after'],
  ] as const)
    test(`81: on ${engine}, killed ${where}: a retry without a key finds the client as declared, and a rotation gives it a secret that is known`, async t => {
      const installation = await install(t)
      const killed = await installation.start()
      await killAt(killed, { when, commit: 2 }, () => ensureUnder(killed))
      const service =
        when === 'before' ? await restart({ installation }, laterThanLeasesMs) : await installation.start()
      const { status, body } = await ensureUnder(service)
      assert.deepEqual([status, body.changes, body.retrieval], [200, [], undefined])
      const { body: rotated } = await rotate(service)
      assert.equal(await logsIn(installation, await secretOf(service, rotated.retrieval.token)), true)
      await checkConverged(installation, service)
    })
}
