import assert from 'node:assert/strict'
import { test } from 'node:test'
import { execute } from '../database/execute.ts'
import { laterThanLeasesMs } from '../service.ts'
import { recordCalls, writesOf } from '../web-session-clients/requests.ts'
import { createInUse, endFormer, logsIn, rotate, secretOf } from '../web-session-clients/rotations.ts'
import { laterThanHoldMs, readEnds, restart } from './after-kill.ts'
import { useEngines } from './engines.ts'
import type { Installation, ServiceProcess } from './installation.ts'
import { killAt, killUnanswered } from './kill.ts'
import type { Halt } from './service.ts'

type Killed = {
  installation: Installation
  writes: () => number
  /** Whether people can log in with the former secret, with the one in force, and whether the records know of a former one. */
  former: () => Promise<boolean[]>
}
type Started = Killed & { service: ServiceProcess }

const known = [true, true, true]
const ended = [false, true, false]

/** A service with one client that has a former secret beside the one in force, both in use. */
const startWithFormer = async (installation: Installation): Promise<Started> => {
  const service = await installation.start()
  const former = await createInUse(service)
  const { body } = await rotate(service)
  const secret = await secretOf(service, body.retrieval.token)
  const calls = recordCalls(installation.sandbox)
  return {
    ...{ installation, service },
    writes: () => writesOf(calls).length,
    former: async () => [
      await logsIn(installation, former),
      await logsIn(installation, secret),
      await knowsFormer(installation),
    ],
  }
}

const knowsFormer = async ({ databaseUrl }: Installation): Promise<boolean> => {
  const [row] = await execute(
    databaseUrl,
    'select previous_ends_at from client join retrieval using (retrieval_id)',
  )
  return row?.['previous_ends_at'] !== null
}

/** Begins to end the former secret, and kills the process when it stands at a recovery point. */
const killEnding = async (installation: Installation, halt: Halt): Promise<Killed> => {
  const { service, ...started } = await startWithFormer(installation)
  await killAt(service, halt, () => endFormer(service))
  return started
}

const readLast = ({ installation }: Killed) => readEnds(installation, 'client.revoke-previous')

/** Both secrets work as before, and the retry ends the former one. */
const checkKept = async (service: ServiceProcess, killed: Killed, ends: unknown[]): Promise<void> => {
  assert.deepEqual(await readLast(killed), ends)
  assert.deepEqual(await killed.former(), known)
  assert.equal(killed.writes(), 0)
  await checkRetry(service, killed, 1)
}

/** The former secret does not work any more, and the retry sends nothing. */
const checkEnded = async (service: ServiceProcess, killed: Killed): Promise<void> => {
  assert.deepEqual(await readLast(killed), ['intended', 'done'])
  assert.deepEqual(await killed.former(), ended)
  await checkRetry(service, killed, killed.writes())
}

/** Then the client can have another secret, so nothing holds it. */
const checkRetry = async (service: ServiceProcess, killed: Killed, writes: number): Promise<void> => {
  const { status, body } = await endFormer(service)
  assert.equal(status, 204, JSON.stringify(body))
  assert.deepEqual(await killed.former(), ended)
  assert.equal(killed.writes(), writes)
  assert.deepEqual(await readLast(killed), ['intended', 'done'])
  assert.equal((await rotate(service)).status, 201)
  await service.kill()
  await killed.installation.check()
}

for (const [engine, install] of Object.entries(useEngines())) {
  test(`79: on ${engine}, killed before the intent to end a former secret is committed: it works on, and the retry ends it`, async t => {
    const killed = await killEnding(await install(t), { when: 'before', commit: 1 })
    await checkKept(await killed.installation.start(), killed, [])
  })

  for (const [where, halt, aheadMs] of [
    ['after the intent', { when: 'after', commit: 1 }, laterThanLeasesMs],
    ['before its client is held', { when: 'before', commit: 2 }, laterThanLeasesMs],
    ['when the client is held', { when: 'after', commit: 2 }, laterThanHoldMs],
  ] as const)
    test(`79: on ${engine}, killed ${where}, before a former secret is ended: recovery gives it up, it works on, and the retry ends it`, async t => {
      const killed = await killEnding(await install(t), halt)
      await checkKept(await restart(killed, aheadMs), killed, ['intended', 'failed'])
    })

  test(`79: on ${engine}, killed before PingFederate’s word that a former secret has ended was read: ended after the restart, and the retry sends nothing`, async t => {
    const { service, ...killed } = await startWithFormer(await install(t))
    const put = { method: 'PUT', path: '/oauth/clients/pa_wam' }
    await killUnanswered({ ...killed.installation, service }, put, () => endFormer(service))
    await checkEnded(await restart(killed, laterThanHoldMs), killed)
  })

  test(`79: on ${engine}, killed between the end of a former secret and our commit: ended after the restart, and the retry sends nothing`, async t => {
    const killed = await killEnding(await install(t), { when: 'before', commit: 3 })
    assert.equal(killed.writes(), 1)
    await checkEnded(await restart(killed, laterThanHoldMs), killed)
  })

  test(`79: on ${engine}, killed after the end of a former secret is committed: it stays ended, and the retry sends nothing`, async t => {
    const killed = await killEnding(await install(t), { when: 'after', commit: 3 })
    await checkEnded(await killed.installation.start(), killed)
  })
}
