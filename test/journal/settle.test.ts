import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { readOperation } from '../../src/journal/read-operation.ts'
import type { Fault, OddAnswer } from '../../src/sandbox/pingfederate/faults.ts'
import { onEachEngine } from '../database/engines.ts'
import { farFuture, operationRow } from '../database/rows.ts'
import { readRows, redeem } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import {
  clientIds,
  createKey,
  createUnderKey,
  recordCalls,
  writesOf,
} from '../web-session-clients/requests.ts'
import { beginOperation, databaseTimeIn, expired, readAll, setOperation } from './begun.ts'
import { createSettler } from './settler.ts'

const post = { method: 'POST', path: '/oauth/clients' }
const get = { method: 'GET', path: '/oauth/clients/pa_wam' }

/** A create that PingFederate lets wait before acting and before answering, and whose lease is over meanwhile. */
const startLateCreate = async (t: TestContext) => {
  let ahead = 0
  const service = await startTestService(t, { world: { now: () => Date.now() + ahead } })
  const [arrived, acting, answering] = [0, 1, 2].map(() => Promise.withResolvers<void>())
  assert.ok(arrived && acting && answering)
  const fault = {
    get actAfter() {
      arrived.resolve()
      return acting.promise
    },
    answerAfter: answering.promise,
  }
  const { struck: acted } = service.sandbox.pingFederate.faults.next({ match: post, fault })
  const key = createKey()
  const original = createUnderKey(service, key)
  await arrived.promise
  const endLeases = (): void => {
    ahead += laterThanLeasesMs
  }
  endLeases()
  return { service, key, original, act: acting.resolve, acted, answer: answering.resolve, endLeases }
}

const outcomesOf = ({ databasePath }: TestService): unknown[] =>
  readRows(databasePath, 'select outcome from audit_event order by audit_event_id').map(row => row['outcome'])

test('201 for the original that answers between the look of another request, which saw nothing, and its end', async t => {
  const { service, key, original, act, acted, answer } = await startLateCreate(t)
  const seen = Promise.withResolvers<void>()
  const looked = service.sandbox.pingFederate.faults.next({
    match: get,
    fault: { answerAfter: seen.promise },
  })
  const calls = recordCalls(service.sandbox)
  const retry = createUnderKey(service, key)
  await looked.struck
  act()
  await acted
  answer()
  const created = await original
  assert.equal(created.status, 201)
  seen.resolve()
  const repeated = await retry
  assert.deepEqual(repeated.body, created.body)
  assert.equal((await service.call('GET', '/web-session-clients/pa_wam')).status, 200)
  assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
  assert.equal(writesOf(calls).length, 1)
})

test('201 with the same token for both, when another request settled it as done before the original’s answer came', async t => {
  const { service, key, original, act, acted, answer } = await startLateCreate(t)
  act()
  await acted
  const repeated = await createUnderKey(service, key)
  assert.equal(repeated.status, 201)
  answer()
  const created = await original
  assert.deepEqual(created.body, repeated.body)
  assert.deepEqual(outcomesOf(service), ['intended', 'done'])
  assert.equal((await redeem(service, created.body.retrieval.token)).status, 200)
})

test('3: one client, and the retry’s, when the first POST arrives after the retry under the same key', async t => {
  const { service, key, original, act, answer } = await startLateCreate(t)
  const repeated = await createUnderKey(service, key)
  assert.equal(repeated.status, 201)
  act()
  answer()
  const { status, body: late } = await original
  assert.deepEqual([status, late.code], [409, 'client_exists_in_pingfederate'])
  assert.match(late.detail, /another request has made, such as a repetition of this one/)
  assert.deepEqual(clientIds(service.sandbox), ['pa_wam'])
  assert.deepEqual((await createUnderKey(service, key)).body, repeated.body)
  assert.equal((await redeem(service, repeated.body.retrieval.token)).status, 200)
})

const looks: [string, OddAnswer | undefined][] = [
  ['saw nothing', undefined],
  ['was not answered', { kind: 'status', status: 401 }],
]
for (const [what, answer] of looks)
  test(`nothing is written by a request whose look ${what}, when another has taken its lease meanwhile`, async t => {
    const { service, key, endLeases } = await startLateCreate(t)
    const { faults } = service.sandbox.pingFederate
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    t.after(() => second.resolve())
    const look = async (fault: Fault) => {
      const arrived = Promise.withResolvers<void>()
      faults.next({
        match: get,
        fault: {
          ...fault,
          get actAfter() {
            arrived.resolve()
            return Promise.resolve()
          },
        },
      })
      const answer = createUnderKey(service, key)
      await arrived.promise
      return { answer }
    }
    const late = await look({ answerAfter: first.promise, ...(answer && { answer }) })
    endLeases()
    await look({ answerAfter: second.promise })
    const readState = () =>
      readRows(service.databasePath, 'select state, fence, lease_until from operation').map(row => ({
        ...row,
      }))
    const before = readState()
    assert.equal(before[0]?.['state'], 'intended')
    first.resolve()
    assert.ok((await late.answer).status >= 400)
    assert.deepEqual(readState(), before)
  })

onEachEngine('settling', openStore => {
  test('of many that settle an abandoned operation at once one does, and PingFederate is asked once', async t => {
    const store = await openStore(t)
    await beginOperation(store, expired)
    const { settle, looked } = createSettler(store)
    const results = await Promise.all(Array.from({ length: 20 }, settle))
    assert.equal(results.filter(Boolean).length, 1)
    assert.equal(looked(), 1)
    const operation = await readOperation(store.db, 'operation')
    assert.deepEqual([operation.state, operation.failure, operation.fence], ['failed', 'outcome_unknown', 2])
    assert.deepEqual(await store.db.selectFrom('client').select('client_id').execute(), [])
    assert.deepEqual(await store.db.selectFrom('retrieval').select('retrieval_id').execute(), [])
    const events = await store.db.selectFrom('audit_event').select(['outcome', 'reason']).execute()
    assert.deepEqual(
      events.map(({ outcome, reason }) => [outcome, reason]),
      [['failed', 'outcome_unknown']],
    )
  })

  test('a lease that was taken is held as long as its holder works, whatever other replicas’ clocks say', async t => {
    const store = await openStore(t)
    await beginOperation(store, expired)
    const { promise: answers, resolve: answer } = Promise.withResolvers<undefined>()
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    const holder = createSettler(store, () => {
      ask()
      return answers
    })
    const settled = holder.settle()
    await asked
    assert.equal(await createSettler(store).settle(), undefined)
    answer(undefined)
    assert.deepEqual(await settled, { unpublished: [] })
  })
})

onEachEngine('what nobody settles', openStore => {
  test('an operation whose lease runs is nobody else’s', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    const { settle, looked } = createSettler(store)
    assert.equal(await settle(), undefined)
    assert.equal(looked(), 0)
  })

  test('what has ended is nobody’s to settle', async t => {
    const store = await openStore(t)
    for (const state of ['done', 'failed'] as const) {
      await store.write(trx => trx.deleteFrom('operation').execute())
      await store.write(trx =>
        trx
          .insertInto('operation')
          .values(operationRow({ state, lease_until: expired }))
          .execute(),
      )
      const before = await readAll(store)
      const { settle, looked } = createSettler(store)
      assert.equal(await settle(), undefined)
      assert.deepEqual(await readAll(store), before)
      assert.equal(looked(), 0)
    }
  })
})

onEachEngine('a look at PingFederate', openStore => {
  test('a look that fails gives the lease back, unless another has taken it meanwhile', async t => {
    const store = await openStore(t)
    await beginOperation(store, expired)
    const failure = new Error('no answer')
    const failing = createSettler(store, async () => {
      throw failure
    })
    await assert.rejects(failing.settle(), failure)
    const { lease_until: until, fence } = await readOperation(store.db, 'operation')
    assert.ok(until <= (await databaseTimeIn(store, 0)))
    assert.equal(fence, 2)
    const late = createSettler(store, async () => {
      await setOperation(store, { fence: 4, lease_until: farFuture })
      throw failure
    })
    await assert.rejects(late.settle(), failure)
    assert.equal((await readOperation(store.db, 'operation')).lease_until, farFuture)
  })

  test('who settles an operation has its lease for as long as looking at PingFederate can take', async t => {
    const store = await openStore(t)
    await beginOperation(store, expired)
    const until: string[] = []
    const before = await databaseTimeIn(store, 3 * 10_000)
    const { settle } = createSettler(store, async () => {
      until.push((await readOperation(store.db, 'operation')).lease_until)
      return undefined
    })
    await settle()
    assert.ok((until[0] ?? '') >= before)
  })

  test('a look that came too late, after another has taken the lease, ends nothing', async t => {
    const store = await openStore(t)
    await beginOperation(store, expired)
    const { settle } = createSettler(store, async () => {
      await setOperation(store, { fence: 3, lease_until: farFuture })
      return undefined
    })
    await settle()
    const { state, lease_until: until } = await readOperation(store.db, 'operation')
    assert.deepEqual([state, until], ['intended', farFuture])
  })
})
