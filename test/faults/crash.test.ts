import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { toText } from '../http/reset-connection.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs, type TestService } from '../service.ts'
import {
  clientIds,
  createKey,
  createOnceSettled,
  createUnderKey,
  recordCalls,
  smallest,
  writesOf,
} from '../web-session-clients/requests.ts'
import { restart } from './after-kill.ts'
import { useEngines } from './engines.ts'
import { type Installation, type ServiceProcess, startObserved } from './installation.ts'
import { killAt, killUnanswered } from './kill.ts'
import type { Halt } from './service.ts'

const post = { method: 'POST', path: '/oauth/clients' }

/** Starts, sends a create under a key, and kills the process when it stands at a recovery point. */
const killCreating = async (installation: Installation, halt: Halt) => {
  const calls = recordCalls(installation.sandbox)
  const service = await installation.start()
  const key = createKey()
  await killAt(service, halt, () => createUnderKey(service, key))
  return { installation, calls, key }
}

/** The retry gets a token that works; then all invariants hold, and there is the one client. */
const finish = async (installation: Installation, service: ServiceProcess, key: string): Promise<void> => {
  const created = await createUnderKey(service, key)
  assert.equal(created.status, 201)
  assert.deepEqual((await createUnderKey(service, key)).body, created.body)
  assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
  await service.kill()
  assert.deepEqual(clientIds(installation.sandbox), ['pa_wam'])
  await installation.check()
}

/** Kills the process while it redeems, and redeems again after the restart. */
const killRedeeming = async (installation: Installation, halt: Halt) => {
  const first = await installation.start()
  const token = await createRetrieval(first)
  await killAt(first, halt, () => redeem(first, token))
  const second = await installation.start()
  const answers = [await redeem(second, token), await redeem(second, token)]
  const other = { ...smallest, clientId: 'other' }
  assert.equal((await second.call('POST', '/web-session-clients', { body: other })).status, 201)
  await second.kill()
  await installation.check()
  return answers.map(({ status, body }) => [status, body.code])
}

for (const [engine, install] of Object.entries(useEngines())) {
  test(`1: on ${engine}, killed before the intent is committed: nothing at PingFederate, and the retry makes one client`, async t => {
    const { installation, calls, key } = await killCreating(await install(t), { when: 'before', commit: 1 })
    assert.deepEqual(calls, [])
    const service = await installation.start()
    await finish(installation, service, key)
    assert.equal(writesOf(calls).length, 1)
  })

  test(`2: on ${engine}, killed after the intent, before the call: recovery frees the id, and the retry makes one client`, async t => {
    const { installation, calls, key } = await killCreating(await install(t), { when: 'after', commit: 1 })
    assert.deepEqual(calls, [])
    const service = await restart({ installation }, laterThanLeasesMs)
    assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 404)
    await finish(installation, service, key)
    assert.equal(writesOf(calls).length, 1)
  })

  test(`3: on ${engine}, killed while PingFederate has not acted: settled only after the lease, one client though the first POST comes late`, async t => {
    const installation = await install(t)
    const first = await installation.start()
    const [arrived, acting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const { struck: acted } = installation.sandbox.pingFederate.faults.next({
      match: post,
      fault: {
        get actAfter() {
          arrived.resolve()
          return acting.promise
        },
      },
    })
    const key = createKey()
    const lost = assert.rejects(createUnderKey(first, key))
    await arrived.promise
    await first.kill()
    await lost
    const second = await installation.start()
    const early = await createUnderKey(second, key)
    assert.deepEqual([early.status, early.body.code], [409, 'operation_in_progress'])
    await second.kill()
    // While recovery holds the lease, a retry would be told to come again.
    const third = await restart({ installation }, laterThanLeasesMs)
    assert.equal((await createUnderKey(third, key)).status, 201)
    acting.resolve()
    await acted
    await finish(installation, third, key)
  })

  test(`4: on ${engine}, killed before PingFederate’s answer was read: done after the restart, without a second POST`, async t => {
    const installation = await install(t)
    const calls = recordCalls(installation.sandbox)
    const first = await installation.start()
    const key = createKey()
    await killUnanswered({ ...installation, service: first }, post, () => createUnderKey(first, key))
    const second = await restart({ installation }, laterThanLeasesMs)
    assert.equal((await second.call('GET', '/web-session-clients/pa_wam')).status, 200)
    await finish(installation, second, key)
    assert.deepEqual(writesOf(calls), [])
  })

  test(`5: on ${engine}, killed before the end is committed: done after the restart, without a second POST`, async t => {
    const { installation, calls, key } = await killCreating(await install(t), { when: 'before', commit: 2 })
    const service = await restart({ installation }, laterThanLeasesMs)
    assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 200)
    await finish(installation, service, key)
    assert.equal(writesOf(calls).length, 1)
  })

  test(`6: on ${engine}, killed after the end is committed, before the reply: the retry gets the same 201 and a working token`, async t => {
    const { installation, calls, key } = await killCreating(await install(t), { when: 'after', commit: 2 })
    const service = await installation.start()
    assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 200)
    await finish(installation, service, key)
    assert.equal(writesOf(calls).length, 1)
  })

  test(`43: on ${engine}, killed after redeeming is committed, before the reply: the secret is gone, and never delivered twice`, async t => {
    const gone = [410, 'retrieval_redeemed']
    assert.deepEqual(await killRedeeming(await install(t), { when: 'after', commit: 1 }), [gone, gone])
  })

  test(`44: on ${engine}, killed before redeeming is committed: the secret is redeemed once, later`, async t => {
    const answers = await killRedeeming(await install(t), { when: 'before', commit: 1 })
    assert.deepEqual(answers, [
      [200, undefined],
      [410, 'retrieval_redeemed'],
    ])
  })
}

test('7: the caller goes away before the reply: the create is finished, and the retry gets its answer', async t => {
  const service = await startObserved(t)
  const answering = Promise.withResolvers<void>()
  const { struck } = service.sandbox.pingFederate.faults.next({
    match: post,
    fault: { answerAfter: answering.promise },
  })
  const key = createKey()
  const leaving = new AbortController()
  const lost = assert.rejects(postUnderKey(service, key, leaving.signal))
  await struck
  leaving.abort()
  await lost
  answering.resolve()
  const again = await createOnceSettled(service, key)
  assert.equal(again.status, 201)
  assert.equal((await redeem(service, again.body.retrieval.token)).status, 200)
  assert.ok(!service.logLines.some(line => line.includes('unexpected failure')))
  await service.check()
})

test('7: the caller goes away in the middle of the reply: the retry gets the same answer', async t => {
  const service = await startObserved(t)
  const key = createKey()
  await readHalfOfReply(t, service, key)
  const again = await createUnderKey(service, key)
  assert.equal(again.status, 201)
  assert.equal((await redeem(service, again.body.retrieval.token)).status, 200)
  assert.ok(!service.logLines.some(line => line.includes('unexpected failure')))
  await service.check()
})

/** Takes the first byte of the answer to a create, and resets the connection. */
const readHalfOfReply = async (t: TestContext, { url, sandbox }: TestService, key: string): Promise<void> => {
  const token = await sandbox.accessToken({ service: 'payments-pipeline' })
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  t.after(() => socket.destroy())
  const headers = [`Idempotency-Key: ${key}`]
  socket.write(toText({ method: 'POST', path: '/web-session-clients', token, body: smallest, headers }))
  await once(socket, 'readable')
  assert.equal(socket.read(1)?.toString(), 'H')
  socket.resetAndDestroy()
}

const postUnderKey = async (
  { url, sandbox }: Pick<TestService, 'url' | 'sandbox'>,
  key: string,
  signal: AbortSignal,
) =>
  fetch(`${url}/web-session-clients`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await sandbox.accessToken({ service: 'payments-pipeline' })}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(smallest),
    signal,
  })
