import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../src/sandbox/pingfederate/faults.ts'
import { filterOddAnswers, type Odd } from '../pingfederate/odd-answers.ts'
import { laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import { clientIds, recordCalls, smallest, writesOf } from './requests.ts'

const create = ({ call }: TestService, clientId = smallest.clientId) =>
  call('POST', '/web-session-clients', { body: { ...smallest, clientId } })

const post = { method: 'POST', path: '/oauth/clients' }

/** Long enough for every answer that comes at all, short enough to wait for one that does not. */
const shortTimeout = { PINGFEDERATE_TIMEOUT_MS: '400' }

const never = new Promise<void>(() => undefined)

/** Answers after which it is looked up at once what has become of the create. */
const unclear = filterOddAnswers(({ kind, isAmbiguous }) => isAmbiguous && kind !== 'timeout')

test('201: one odd answer to the first attempt, whether PingFederate acted or not, still ends in one client', async t => {
  const service = await startTestService(t)
  for (const [index, [what, { answer }]] of unclear.entries()) {
    for (const acts of [true, false]) {
      await t.test(`${what} ${acts ? 'after' : 'before'} acting`, async () => {
        const clientId = `client-${index}-${acts}`
        service.sandbox.pingFederate.faults.next({ match: post, fault: { acts, answer } })
        const calls = recordCalls(service.sandbox)
        const { status, body } = await create(service, clientId)
        assert.equal(status, 201, JSON.stringify(body))
        assert.equal(clientIds(service.sandbox).filter(id => id === clientId).length, 1)
        assert.equal(writesOf(calls).length, acts ? 1 : 2)
        const redeemed = await service.call('POST', '/secret-retrievals', {
          body: { token: body.retrieval.token },
        })
        const made = writesOf(calls).at(-1)?.body as { clientAuth: { secret: string } }
        assert.equal(redeemed.body.clientSecret, made.clientAuth.secret)
      })
    }
  }
})

/** An answer with a Retry-After, and the one that the caller gets. */
const askedToWait = (status: 429 | 503, asked: string, retryAfter: string): Pick<Odd, 'answer' | 'told'> => ({
  answer: { kind: 'status', status, headers: { 'retry-after': asked } },
  told:
    status === 429
      ? { status: 503, code: 'pingfederate_busy', retryAfter }
      : { status: 502, code: 'pingfederate_error', retryAfter },
})

/** Answers that stay odd, PingFederate never acting, and what the caller is told. */
const failures: [string, Pick<Odd, 'answer' | 'told'>][] = [
  ...filterOddAnswers(({ kind }) => kind !== 'timeout'),
  ['429 for 7 s', askedToWait(429, '7', '7')],
  ['429 for a day', askedToWait(429, '86400', '60')],
  ['429 until the end of the century', askedToWait(429, 'Thu, 31 Dec 2099 00:00:00 GMT', '60')],
  ['429 until Friday', askedToWait(429, 'Friday', '10')],
  ['503 for 9 s', askedToWait(503, '9', '9')],
]

test('422, 502, 503: a failure that stays is named, nothing is made, and the same id works afterwards', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const { faults } = service.sandbox.pingFederate
  for (const [index, [what, { answer, told }]] of failures.entries()) {
    const { status, code, retryAfter } = told
    await t.test(`${status} ${code} after ${what}`, async () => {
      const clientId = `client-${index}`
      const planned = faults.always({ match: post, fault: { acts: false, answer } })
      const failed = await create(service, clientId)
      planned.remove()
      assert.equal(failed.status, status)
      assert.equal(failed.body.code, code)
      assert.equal(failed.headers.get('retry-after'), retryAfter)
      assert.ok(!clientIds(service.sandbox).includes(clientId))
      assert.equal((await service.call('GET', `/web-session-clients/${clientId}`)).status, 404)
      // As long as PingFederate may be left alone for its answer.
      // Refused credentials are left alone for longer. More than needed would end the access token.
      const pause = code === 'pingfederate_credentials_refused' ? 90 : 1
      now += Math.max(pause, Number(retryAfter)) * 1_000
      assert.equal((await create(service, clientId)).status, 201)
    })
  }
})

test('502 when PingFederate does not know the account, told without the account', async t => {
  const service = await startTestService(t, { env: { PINGFEDERATE_ADMIN_PASSWORD: 'wrong' } })
  const { status, body } = await create(service)
  assert.equal(status, 502)
  assert.equal(body.code, 'pingfederate_credentials_refused')
  assert.ok(!JSON.stringify(body).includes('administrator'))
})

test('503 when PingFederate refuses connections, again and again, and the id is not held meanwhile', async t => {
  const service = await startTestService(t, { env: { PINGFEDERATE_ADMIN_URL: 'http://127.0.0.1:1' } })
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { status, body, headers } = await create(service)
    assert.equal(status, 503)
    assert.equal(body.code, 'pingfederate_unreachable')
    assert.equal(headers.get('retry-after'), '5')
  }
})

test('201 when PingFederate made the client and answered too late', async t => {
  const service = await startTestService(t, { env: shortTimeout })
  service.sandbox.pingFederate.faults.next({ match: post, fault: { answerAfter: never } })
  const calls = recordCalls(service.sandbox)
  const { status } = await create(service)
  assert.equal(status, 201)
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
  assert.deepEqual(writesOf(calls), [])
})

test('504 when the answer drips in too slowly and the client cannot be looked up', async t => {
  const service = await startTestService(t, { env: shortTimeout })
  const { faults } = service.sandbox.pingFederate
  faults.always({ fault: { acts: false, answer: { kind: 'drip', intervalMs: 300 } } })
  const { status, body } = await create(service)
  assert.equal(status, 504)
  assert.equal(body.code, 'outcome_unknown')
})

test('504 leads to the operation below PUBLIC_URL, where the installation has one', async t => {
  const env = { ...shortTimeout, PUBLIC_URL: 'https://api.example.com/iam/clients' }
  const service = await startTestService(t, { env })
  const fault = { acts: false, answerAfter: never }
  service.sandbox.pingFederate.faults.always({ match: post, fault })
  const { status, body } = await create(service)
  assert.equal(status, 504)
  assert.match(body.operation, /^https:\/\/api\.example\.com\/iam\/clients\/operations\/[0-9a-f-]{36}$/)
})

test('504 names the operation, holds the id while it may still happen, and lets a later retry make the client', async t => {
  let now = Date.now()
  const service = await startTestService(t, { env: shortTimeout, world: { now: () => now } })
  const planned = service.sandbox.pingFederate.faults.always({
    match: post,
    fault: { acts: false, answerAfter: never },
  })
  const unknown = await create(service)
  planned.remove()
  assert.equal(unknown.status, 504)
  assert.equal(unknown.body.code, 'outcome_unknown')
  assert.match(unknown.body.operation, /^\/operations\/[0-9a-f-]{36}$/)
  assert.equal(unknown.headers.get('retry-after'), '1')
  const early = await create(service)
  assert.equal(early.status, 409)
  assert.equal(early.body.code, 'operation_in_progress')
  assert.equal(early.body.operation, unknown.body.operation)
  assert.equal(early.headers.get('retry-after'), '10')
  assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 404)
  now += laterThanLeasesMs
  const settled = await create(service)
  assert.equal(settled.status, 201)
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
})

test('504 held id: another team learns only that it is taken', async t => {
  const service = await startTestService(t, { env: shortTimeout })
  service.sandbox.pingFederate.faults.always({ match: post, fault: { acts: false, answerAfter: never } })
  assert.equal((await create(service)).status, 504)
  const { status, body } = await service.call('POST', '/web-session-clients', {
    as: 'shop-pipeline',
    body: smallest,
  })
  assert.equal(status, 409)
  assert.equal(body.code, 'client_id_taken')
  assert.equal(body.operation, undefined)
})

test('409 for a create that arrives in PingFederate after its retry: the retry’s client is the one', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const acting = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const fault: Fault = {
    get actAfter() {
      arrived.resolve()
      return acting.promise
    },
  }
  service.sandbox.pingFederate.faults.next({ match: post, fault })
  const slow = create(service)
  await arrived.promise
  now += laterThanLeasesMs
  const retry = await create(service)
  assert.equal(retry.status, 201)
  acting.resolve()
  const late = await slow
  assert.equal(late.status, 409, JSON.stringify(late.body))
  assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 200)
  const redeemed = await service.call('POST', '/secret-retrievals', {
    body: { token: retry.body.retrieval.token },
  })
  assert.equal(redeemed.status, 200)
})

test('504 for a create whose retry has just found nothing, given it up, and takes its client over', async t => {
  let now = Date.now()
  const service = await startTestService(t, { world: { now: () => now } })
  const { faults } = service.sandbox.pingFederate
  const acting = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const answering = Promise.withResolvers<void>()
  const fault: Fault = {
    get actAfter() {
      arrived.resolve()
      return acting.promise
    },
    answerAfter: answering.promise,
  }
  const made = faults.next({ match: post, fault })
  const slow = create(service)
  await arrived.promise
  now += laterThanLeasesMs
  const lookedUp = faults.next({ match: { method: 'GET' }, fault: { answerAfter: made.struck } })
  void lookedUp.struck.then(() => acting.resolve())
  const retry = await create(service)
  answering.resolve()
  assert.equal(retry.status, 201, JSON.stringify(retry.body))
  const late = await slow
  assert.equal(late.status, 504, JSON.stringify(late.body))
  assert.equal(late.body.code, 'outcome_unknown')
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
})

test('504, and nobody else’s client is blamed, when the look-up answers with another client', async t => {
  const service = await startTestService(t)
  const { faults } = service.sandbox.pingFederate
  faults.next({ match: post, fault: { answer: { kind: 'drop' } } })
  const other = { kind: 'status', status: 200, body: { clientId: 'other', description: 'Other' } } as const
  faults.next({ match: { method: 'GET' }, fault: { answer: other } })
  const { status, body } = await create(service)
  assert.equal(status, 504, JSON.stringify(body))
  assert.equal(body.code, 'outcome_unknown')
})
