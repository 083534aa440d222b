import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { PingFederateFailure } from '../../src/pingfederate/failure.ts'
import { clientRow, operationRow, retrievalRow } from '../database/rows.ts'
import { startTestService } from '../service.ts'
import { openJournal } from './journal.ts'

/** A journal with so many abandoned operations, and how often PingFederate was asked, which always fails in that way. */
const openAbandoned = async (t: TestContext, count: number, failure: Error) => {
  const service = await startTestService(t)
  await service.stop()
  let looks = 0
  // So that a round which goes on asking ends all the same.
  const stopping = new AbortController()
  const journal = await openJournal(t, service, {
    findClient: async () => {
      looks += 1
      if (looks > count) stopping.abort()
      throw failure
    },
  })
  await journal.store.write(async trx => {
    for (let index = 0; index < count; index += 1) {
      const ids = {
        client_id: `client-${index}`,
        operation_id: `operation-${index}`,
        retrieval_id: `retrieval-${index}`,
      }
      await trx
        .insertInto('client')
        .values(clientRow({ ...ids, state: 'provisioning' }))
        .execute()
      await trx.insertInto('operation').values(operationRow(ids)).execute()
      const { operation_id: _operation, ...retrieval } = ids
      await trx.insertInto('retrieval').values(retrievalRow(retrieval)).execute()
    }
  })
  return { ...journal, recover: () => journal.recover(stopping.signal), looks: () => looks }
}

test('a round looks once at each of more operations than are read at once, although none can be settled', async t => {
  const answer = new PingFederateFailure('broken')
  const { recover, states, looks } = await openAbandoned(t, 101, answer)
  await recover()
  assert.equal(looks(), 101)
  assert.deepEqual(await states(), Array(101).fill('intended'))
})

test('a round ends when PingFederate takes no calls, and leaves the rest to the next', async t => {
  const { recover, looks } = await openAbandoned(t, 12, new PingFederateFailure('unreachable'))
  await recover()
  assert.ok(looks() >= 1 && looks() <= 4, `${looks()} looks`)
})

const onlyThisOne: [string, Error][] = [
  ['is not answered', new PingFederateFailure('broken')],
  ['is answered with 503', new PingFederateFailure('server-error', { status: 503 })],
  ['is refused', new PingFederateFailure('invalid', { status: 422 })],
  ['meets a defect', new Error('a defect')],
]
for (const [what, failure] of onlyThisOne)
  test(`a round goes on to the others when a look ${what}`, async t => {
    const { recover, looks } = await openAbandoned(t, 12, failure)
    await recover()
    assert.equal(looks(), 12)
  })
