import assert from 'node:assert/strict'
import { test } from 'node:test'
import { laterThanLeasesMs } from '../service.ts'
import { ageCreates } from '../web-session-clients/age-creates.ts'
import { clientIds, createKey, createUnderKey, recordCalls } from '../web-session-clients/requests.ts'
import { clientPath, update } from '../web-session-clients/updates.ts'
import { laterThanHoldMs, readEnds, restart } from './after-kill.ts'
import { useEngines } from './engines.ts'
import type { Installation, ServiceProcess } from './installation.ts'
import { killAt, killUnanswered } from './kill.ts'
import type { Halt } from './service.ts'

const deleting = { method: 'DELETE', path: '/oauth/clients/pa_wam' }

type Killed = { installation: Installation; token: string; deletes: () => number }

const remove = ({ call }: ServiceProcess) => call('DELETE', clientPath)

/** A service that has made one client. */
const startWithClient = async (installation: Installation): Promise<Killed & { service: ServiceProcess }> => {
  const calls = recordCalls(installation.sandbox)
  const service = await installation.start()
  const created = await createUnderKey(service, createKey())
  assert.equal(created.status, 201)
  assert.equal((await update(service, { enabled: false })).status, 200)
  await ageCreates(installation.databaseUrl)
  return {
    ...{ installation, service, token: created.body.retrieval.token },
    deletes: () => calls.filter(({ method }) => method === 'DELETE').length,
  }
}

/** Begins a delete, and kills the process when it stands at a recovery point. */
const killDeleting = async (installation: Installation, halt: Halt): Promise<Killed> => {
  const { service, ...killed } = await startWithClient(installation)
  await killAt(service, halt, () => remove(service))
  return killed
}

const lookAt = async (service: ServiceProcess, { token }: Pick<Killed, 'token'>): Promise<unknown[]> => {
  const { status } = await service.call('GET', clientPath)
  const { body } = await service.call('POST', '/secret-retrievals/lookup', { body: { token } })
  return [status, body.state]
}

/** It is there as before, on both sides, with a token that works; sent again the delete is done. */
const checkKept = async (service: ServiceProcess, killed: Killed): Promise<void> => {
  assert.deepEqual(clientIds(killed.installation.sandbox), ['pa_wam'])
  assert.deepEqual(await lookAt(service, killed), [200, 'outstanding'])
  assert.equal((await remove(service)).status, 204)
  await checkDeleted(service, killed)
}

/** It is gone, on both sides, and sent again the delete is told so, without another DELETE. */
const checkDeleted = async (service: ServiceProcess, killed: Killed): Promise<void> => {
  const { installation, deletes } = killed
  assert.deepEqual(clientIds(installation.sandbox), [])
  assert.deepEqual(await lookAt(service, killed), [404, 'revoked'])
  assert.deepEqual(await readEnds(installation, 'client.delete'), ['intended', 'done'])
  assert.equal((await remove(service)).status, 404)
  assert.ok(deletes() <= 1)
  await service.kill()
  await installation.check()
}

for (const [engine, install] of Object.entries(useEngines())) {
  test(`83: on ${engine}, killed before the intent of a delete is committed: the client stays, and the retry deletes it`, async t => {
    const killed = await killDeleting(await install(t), { when: 'before', commit: 1 })
    await checkKept(await killed.installation.start(), killed)
  })

  for (const [where, halt] of [
    ['after the intent', { when: 'after', commit: 1 }],
    ['before its client is held', { when: 'before', commit: 2 }],
  ] as const)
    test(`83: on ${engine}, killed ${where}, before the DELETE: recovery ends it, the client stays, and the retry deletes it`, async t => {
      const killed = await killDeleting(await install(t), halt)
      await checkKept(await restart(killed, laterThanLeasesMs), killed)
    })

  test(`83: on ${engine}, killed when the client is held, before the DELETE: recovery waits for the end of that, and the client stays`, async t => {
    const killed = await killDeleting(await install(t), { when: 'after', commit: 2 })
    assert.equal(killed.deletes(), 0)
    await checkKept(await restart(killed, laterThanHoldMs), killed)
  })

  test(`83: on ${engine}, killed before PingFederate’s 204 was read: deleted after the restart, without a second DELETE`, async t => {
    const { service, ...killed } = await startWithClient(await install(t))
    await killUnanswered({ ...killed.installation, service }, deleting, () => remove(service))
    await checkDeleted(await restart(killed, laterThanHoldMs), killed)
  })

  test(`83: on ${engine}, killed between PingFederate’s 204 and our commit: deleted after the restart, without a second DELETE`, async t => {
    const killed = await killDeleting(await install(t), { when: 'before', commit: 3 })
    assert.equal(killed.deletes(), 1)
    await checkDeleted(await restart(killed, laterThanHoldMs), killed)
  })

  test(`83: on ${engine}, killed after the end is committed: the retry is told that it is gone`, async t => {
    const killed = await killDeleting(await install(t), { when: 'after', commit: 3 })
    await checkDeleted(await killed.installation.start(), killed)
  })
}
