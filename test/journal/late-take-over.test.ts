import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { type Answer, laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import { createKey, createUnderKey } from '../web-session-clients/requests.ts'

const post = { method: 'POST', path: '/oauth/clients' }
const put = { method: 'PUT', path: '/oauth/clients/pa_wam' }
const timeoutMs = 400
/** As long as the documentation says. */
const holdMs = 30 * timeoutMs
/** PingFederate is left alone for a second when it says 429. */
const pauseMs = 1_001

type Late = {
  service: TestService
  key: string
  /** The answer to the create whose take-over has not arrived in PingFederate. */
  answer: Answer
  /** Lets it arrive. */
  arrive: () => Promise<void>
  wait: (ms: number) => void
}

/** A create meets what a POST has left that came late, and its take-over hangs on the way to PingFederate. */
const startLateTakeOver = async (t: TestContext): Promise<Late> => {
  let now = Date.now()
  const wait = (ms: number): void => {
    now += ms
  }
  const env = { PINGFEDERATE_TIMEOUT_MS: String(timeoutMs) }
  const service = await startTestService(t, { env, world: { now: () => now } })
  const { faults } = service.sandbox.pingFederate
  const [made, replaced] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const leaving = faults.next({ match: post, fault: { actAfter: made.promise } })
  const left = createKey()
  assert.equal((await createUnderKey(service, left)).body.code, 'outcome_unknown')
  wait(laterThanLeasesMs)
  faults.next({ match: post, fault: { acts: false, answer: { kind: 'status', status: 429 } } })
  assert.equal((await createUnderKey(service, left)).body.code, 'pingfederate_busy')
  wait(pauseMs)
  made.resolve()
  await leaving.struck
  const replacing = faults.next({ match: put, fault: { actAfter: replaced.promise } })
  const key = createKey()
  const answer = await createUnderKey(service, key)
  const arrive = (): Promise<void> => {
    replaced.resolve()
    return replacing.struck
  }
  return { service, key, answer, arrive, wait }
}

/** What PingFederate's token endpoint says to the secret behind a token; a code that nobody was given comes after it. */
const trySecret = async (service: TestService, token: string): Promise<string> => {
  const { body } = await redeem(service, token)
  const answer = await fetch(`${service.sandbox.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`pa_wam:${body.clientSecret}`)}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'nobodys',
      redirect_uri: 'https://mypingaccessserver:3000/pa/oidc/cb',
    }),
  })
  return ((await answer.json()) as { error: string }).error
}

test('3: 504, then 409 for everybody while a take-over may still arrive; it does, and its secret is the one that works', async t => {
  const { service, key, answer, arrive, wait } = await startLateTakeOver(t)
  assert.deepEqual([answer.status, answer.body.code], [504, 'outcome_unknown'])
  assert.equal(answer.headers.get('retry-after'), String(holdMs / 1_000))
  wait(holdMs - 1)
  for (const each of [key, createKey()]) {
    const { status, body, headers } = await createUnderKey(service, each)
    assert.deepEqual([status, body.code], [409, 'operation_in_progress'])
    assert.equal(body.operation, answer.body.operation)
    assert.ok(Number(headers.get('retry-after')) > 0)
  }
  await arrive()
  wait(1)
  const created = await createUnderKey(service, key)
  assert.equal(created.status, 201, JSON.stringify(created.body))
  assert.equal((await createUnderKey(service, createKey())).body.code, 'client_id_taken')
  assert.equal(await trySecret(service, created.body.retrieval.token), 'invalid_grant')
})

test('3: 201 for the next create once a take-over that did not arrive has had its time, and its secret works', async t => {
  const { service, answer, wait } = await startLateTakeOver(t)
  assert.equal(answer.status, 504)
  wait(holdMs)
  const created = await createUnderKey(service, createKey())
  assert.equal(created.status, 201, JSON.stringify(created.body))
  assert.equal((await service.call('GET', answer.body.operation)).body.state, 'failed')
  assert.equal(await trySecret(service, created.body.retrieval.token), 'invalid_grant')
})
