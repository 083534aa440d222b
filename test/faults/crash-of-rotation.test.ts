import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usePostgresServer } from '../database/postgres-server.ts'
import { createRetrieval } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs } from '../service.ts'
import { createKey, createUnderKey, recordCalls } from '../web-session-clients/requests.ts'
import { createInUse, logsIn, rotate, rotationsPath, secretOf } from '../web-session-clients/rotations.ts'
import { laterThanHoldMs, readEnds, restart } from './after-kill.ts'
import { useEngines } from './engines.ts'
import type { Installation, ServiceProcess } from './installation.ts'
import { killAt, killUnanswered } from './kill.ts'
import { startReplicas } from './replicas.ts'
import type { Halt } from './service.ts'

const put = { method: 'PUT', path: '/oauth/clients/pa_wam' }

type Killed = { installation: Installation; key: string; former: string; puts: () => number }
type Started = Omit<Killed, 'key'> & { service: ServiceProcess }

/** A service that has made one client, whose secret is in use. */
const startWithClient = async (installation: Installation): Promise<Started> => {
  const calls = recordCalls(installation.sandbox)
  const service = await installation.start()
  const former = await createInUse(service)
  return {
    ...{ installation, service, former },
    puts: () => calls.filter(({ method }) => method === 'PUT').length,
  }
}

const rotateUnder = (service: Pick<ServiceProcess, 'call'>, key: string) =>
  rotate(service, { headers: { 'idempotency-key': key } })

/** Begins a rotation, and kills the process when it stands at a recovery point. */
const killRotating = async (installation: Installation, halt: Halt): Promise<Killed> => {
  const { service, ...started } = await startWithClient(installation)
  const key = createKey()
  await killAt(service, halt, () => rotateUnder(service, key))
  assert.equal(await logsIn(installation, started.former), true)
  return { ...started, key }
}

/** The retry with its key gets a token that works; the former secret logs people in all the time; one PUT changed it. */
const checkRotated = async (service: ServiceProcess, killed: Killed, isReplayed: boolean): Promise<void> => {
  const { installation, key, former, puts } = killed
  assert.equal(await logsIn(installation, former), true)
  const { status, body, headers } = await rotateUnder(service, key)
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal(headers.get('idempotent-replayed'), isReplayed ? 'true' : null)
  const secret = await secretOf(service, body.retrieval.token)
  assert.deepEqual([await logsIn(installation, former), await logsIn(installation, secret)], [true, true])
  // One that was never answered is not among those that were recorded.
  assert.ok(puts() <= 1)
  await service.kill()
  assert.deepEqual(await readEnds(installation, 'client.rotate'), ['intended', 'done'])
  await installation.check()
}

for (const [engine, install] of Object.entries(useEngines())) {
  test(`79: on ${engine}, killed before the intent of a rotation is committed: the former secret works on, and the retry rotates`, async t => {
    const killed = await killRotating(await install(t), { when: 'before', commit: 1 })
    await checkRotated(await killed.installation.start(), killed, false)
  })

  for (const [where, halt, aheadMs] of [
    ['after the intent', { when: 'after', commit: 1 }, laterThanLeasesMs],
    ['before its client is held', { when: 'before', commit: 2 }, laterThanLeasesMs],
    ['when the client is held', { when: 'after', commit: 2 }, laterThanHoldMs],
  ] as const)
    test(`79: on ${engine}, killed ${where}, before the PUT: recovery ends it, the former secret works on, and the retry rotates`, async t => {
      const killed = await killRotating(await install(t), halt)
      assert.equal(killed.puts(), 0)
      await checkRotated(await restart(killed, aheadMs), killed, false)
    })

  test(`79: on ${engine}, killed before PingFederate’s answer was read: rotated after the restart, and the retry gets the working token`, async t => {
    const { service, ...started } = await startWithClient(await install(t))
    const killed = { ...started, key: createKey() }
    await killUnanswered({ ...started.installation, service }, put, () => rotateUnder(service, killed.key))
    await checkRotated(await restart(killed, laterThanHoldMs), killed, true)
  })

  test(`79: on ${engine}, killed between PingFederate’s answer and our commit: rotated after the restart, without a second PUT`, async t => {
    const killed = await killRotating(await install(t), { when: 'before', commit: 3 })
    await checkRotated(await restart(killed, laterThanHoldMs), killed, true)
  })

  test(`79: on ${engine}, killed after the end is committed: the retry gets the working token`, async t => {
    const killed = await killRotating(await install(t), { when: 'after', commit: 3 })
    await checkRotated(await killed.installation.start(), killed, true)
  })

  test(`79: on ${engine}, killed after the intent: once recovery has ended it, the token that was to be replaced is redeemed as before`, async t => {
    const installation = await install(t)
    const service = await installation.start()
    const token = await createRetrieval(service)
    await killAt(service, { when: 'after', commit: 1 }, () => rotateUnder(service, createKey()))
    const restarted = await restart({ installation }, laterThanLeasesMs)
    assert.equal(await logsIn(installation, await secretOf(restarted, token)), true)
    await restarted.kill()
    assert.deepEqual(await readEnds(installation, 'client.rotate'), ['intended', 'failed'])
    await installation.check()
  })

  test(`79: on ${engine}, while PingFederate has not answered nobody is given the secret that is replaced, and afterwards neither`, async t => {
    const installation = await install(t)
    const service = await installation.start()
    const created = await createUnderKey(service, createKey())
    const { token } = created.body.retrieval
    const redeem = () => service.call('POST', '/secret-retrievals', { body: { token } })
    const answering = Promise.withResolvers<void>()
    const { struck } = installation.sandbox.pingFederate.faults.next({
      match: put,
      fault: { answerAfter: answering.promise },
    })
    const rotating = rotate(service)
    await struck
    const early = await redeem()
    assert.deepEqual([early.status, early.body.code], [409, 'operation_in_progress'])
    answering.resolve()
    assert.equal((await rotating).status, 201)
    const late = await redeem()
    assert.deepEqual([late.status, late.body.code], [410, 'retrieval_revoked'])
    await service.kill()
    await installation.check()
  })
}

const server = usePostgresServer()

type Told = { status: number; body: Record<string, unknown> }

test('80: two rotations over two replicas: with one key the same token, with two keys one of them or 409', async t => {
  const { sandbox, processes } = await startReplicas(t, await server.createDatabase(), 2)
  const [first = assert.fail(), second = assert.fail()] = processes
  const body = JSON.stringify({ clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] })
  assert.equal((await first.call('POST', '/web-session-clients', body)).status, 201)
  const calls = recordCalls(sandbox)
  const puts = () => calls.filter(({ method }) => method === 'PUT').length
  const rotateAt = (replica: typeof first, key: string): Promise<Told> =>
    replica.call('POST', rotationsPath, '{"force":true}', { 'idempotency-key': key }) as Promise<Told>
  const once = async (keys: readonly [string, string]): Promise<Told[]> => {
    const answering = Promise.withResolvers<void>()
    const { struck } = sandbox.pingFederate.faults.next({
      match: put,
      fault: { answerAfter: answering.promise },
    })
    const winner = rotateAt(first, keys[0])
    await struck
    const loser = await rotateAt(second, keys[1])
    answering.resolve()
    return [await winner, loser]
  }
  const key = createKey()
  const [same, early] = await once([key, key])
  assert.deepEqual([same?.status, early?.status, early?.body['code']], [201, 409, 'operation_in_progress'])
  const repeated = await rotateAt(second, key)
  assert.deepEqual([repeated.status, repeated.body['retrieval']], [201, same?.body['retrieval']])
  assert.equal(puts(), 1)
  const [other, refused] = await once([createKey(), createKey()])
  assert.deepEqual(
    [other?.status, refused?.status, refused?.body['code']],
    [201, 409, 'operation_in_progress'],
  )
  assert.equal(puts(), 2)
})
