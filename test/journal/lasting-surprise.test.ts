import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { OddAnswer } from '../../src/sandbox/pingfederate/faults.ts'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { abandonCreate, openJournal } from './journal.ts'

const minutes = 60_000

/** What becomes of an abandoned create whose look-ups are all answered so, and of one beside it, by then. */
const recoverAfter = async (t: TestContext, answer: OddAnswer, aheadMs: number): Promise<string[]> => {
  const service = await startTestService(t)
  await abandonCreate(service, { acts: true }, 'surprising')
  await abandonCreate(service, { acts: true }, 'usual')
  await service.stop()
  const match = { method: 'GET', path: '/oauth/clients/surprising' }
  service.sandbox.pingFederate.faults.always({ match, fault: { answer } })
  const journal = await openJournal(t, service, { aheadMs })
  await journal.recover()
  return journal.states()
}

const surprises: Record<string, OddAnswer> = {
  'a page': { kind: 'status', status: 404, body: '<html>' },
  'more than any client can be': { kind: 'huge', bytes: 2_000_000 },
  'another client': { kind: 'other-client', clientId: 'somebody-elses' },
}

for (const [what, answer] of Object.entries(surprises)) {
  test(`72: an operation whose look-ups are all answered with ${what} ends after an hour, and holds up no other`, async t => {
    assert.deepEqual(await recoverAfter(t, answer, 50 * minutes), ['intended', 'done'])
    assert.deepEqual(await recoverAfter(t, answer, 70 * minutes), ['failed outcome_unknown', 'done'])
  })
}

test('72: an operation waits for a PingFederate that is down, however long', async t => {
  const answer = { kind: 'status', status: 503 } as const
  assert.equal((await recoverAfter(t, answer, 7 * 24 * 60 * minutes))[0], 'intended')
})

test('71: 409 for an id that differs in the case of letters only, in a store that does not heed it; the operation ends', async t => {
  const service = await startTestService(t)
  const { faults } = service.sandbox.pingFederate
  const refusal = { resultId: 'validation_error', message: 'The id is in use.' }
  const post = faults.always({
    match: { method: 'POST', path: '/oauth/clients' },
    fault: { acts: false, answer: { kind: 'status', status: 422, body: refusal } },
  })
  const get = faults.always({
    match: { method: 'GET', path: '/oauth/clients/PA_WAM' },
    fault: { answer: { kind: 'status', status: 200, body: { clientId: 'pa_wam', description: 'by hand' } } },
  })
  const body = { ...smallest, clientId: 'PA_WAM' }
  const create = () => service.call('POST', '/web-session-clients', { body })
  const taken = await create()
  assert.deepEqual([taken.status, taken.body.code], [409, 'client_exists_in_pingfederate'])
  post.remove()
  get.remove()
  assert.equal((await create()).status, 201)
})
