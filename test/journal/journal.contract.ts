import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import type { OperationRow } from '../../src/database/schema.ts'
import type { Store } from '../../src/database/store.ts'
import { failChange, finishChange } from '../../src/journal/finish.ts'
import { findKnownRequest, type IdempotentRequest, rememberRequest } from '../../src/journal/idempotency.ts'
import { endLeaseSoon, holdForLateCall } from '../../src/journal/lease.ts'
import { measureOpenOperations } from '../../src/journal/measure-open.ts'
import { findOpen, isGivenUp, readOperation } from '../../src/journal/read-operation.ts'
import { settleOperation } from '../../src/journal/settle.ts'
import type { PingFederate } from '../../src/pingfederate/ping-federate.ts'
import { Secret } from '../../src/secret.ts'
import { sweepExpired } from '../../src/secret-retrievals/sweep.ts'
import { kinds } from '../../src/web-session-clients/client-journal.ts'
import { audited } from '../audit/audited.ts'
import { clientRow, farFuture, operationRow, retrievalRow } from '../database/rows.ts'
import type { OpenStore } from '../database/store.contract.ts'

/** What recovery, idempotency and sweep promise, on whatever engine keeps the journal. */
export const checkJournal = (engine: string, openStore: OpenStore): void => {
  describe(`journal on ${engine}`, () => {
    checkLease(openStore)
    checkTakeOver(openStore)
    checkLeaveOpen(openStore)
    checkFailed(openStore)
    checkDone(openStore)
    checkEnded(openStore)
    checkReads(openStore)
    checkLateLooks(openStore)
    checkIdempotency(openStore)
    checkSweep(openStore)
    checkOpen(openStore)
  })
}

const actor = {
  principal: {
    subject: 'test',
    clientId: undefined,
    actingParties: [],
    teams: [],
    scopes: new Set<string>(),
  },
  requestId: 'request',
  address: null,
}

const beginOperation = async (store: Store, leaseUntil: string): Promise<void> =>
  store.write(async trx => {
    await trx
      .insertInto('client')
      .values(clientRow({ state: 'provisioning' }))
      .execute()
    await trx
      .insertInto('operation')
      .values(operationRow({ lease_until: leaseUntil }))
      .execute()
    await trx.insertInto('retrieval').values(retrievalRow({})).execute()
  })

/** Settles the one operation; `looked` counts how often PingFederate, which has no such client, was asked. */
const createSettler = (store: Store, answer: () => Promise<undefined> = async () => undefined) => {
  let looked = 0
  const settle = async () =>
    settleOperation(
      {
        store: audited(store),
        upstream: {
          pingFederate: {
            findClient: async () => {
              looked += 1
              return answer()
            },
          } as unknown as PingFederate,
          replication: { statusAfterSave: async () => 'ready' as const },
        },
        kinds,
        timeoutMs: 10_000,
      },
      await readOperation(store.db, 'operation'),
      actor,
    )
  return { settle, looked: () => looked }
}

const expired = '2026-01-01T00:00:00.000Z'

const checkLease = (openStore: OpenStore): void => {
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

  test('an operation whose lease runs is nobody else’s', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    const { settle, looked } = createSettler(store)
    assert.equal(await settle(), undefined)
    assert.equal(looked(), 0)
  })
}

const holdFor = (store: Store, fence = 1): Promise<boolean> =>
  holdForLateCall(store, { operationId: 'operation', fence }, 10_000)

/** The database's clock, some time from now. */
const databaseTimeIn = async ({ db }: Store, laterMs: number): Promise<string> => {
  const row = await db.selectNoFrom(sql<string>`database_time(${laterMs})`.as('at')).executeTakeFirstOrThrow()
  return row.at
}

const checkTakeOver = (openStore: OpenStore): void => {
  test('before a take-over the lease is made longer, by thirty time-outs from now, and nobody settles it until then', async t => {
    const store = await openStore(t)
    await beginOperation(store, await databaseTimeIn(store, 1_000))
    const before = await databaseTimeIn(store, 300_000)
    assert.equal(await holdFor(store), true)
    const { lease_until: until } = await readOperation(store.db, 'operation')
    assert.ok(until >= before && until <= (await databaseTimeIn(store, 300_000)))
    assert.equal(await createSettler(store).settle(), undefined)
  })

  test('no take-over by whoever has lost the lease: it is over, another process has it, or the operation has ended', async t => {
    const store = await openStore(t)
    await beginOperation(store, expired)
    assert.equal(await holdFor(store), false)
    await store.write(trx => trx.updateTable('operation').set({ lease_until: farFuture, fence: 2 }).execute())
    assert.equal(await holdFor(store, 1), false)
    await store.write(trx => trx.updateTable('operation').set({ state: 'failed' }).execute())
    assert.equal(await holdFor(store, 2), false)
    assert.equal((await readOperation(store.db, 'operation')).lease_until, farFuture)
  })
}

const checkLeaveOpen = (openStore: OpenStore): void => {
  test('what a request leaves open is settled a time-out later, unless somebody else has the lease by then', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    const leave = (fence: number) => endLeaseSoon(store, { operationId: 'operation', fence }, 10_000)
    await leave(2)
    assert.equal((await readOperation(store.db, 'operation')).lease_until, farFuture)
    const before = await databaseTimeIn(store, 10_000)
    await leave(1)
    const { lease_until: until } = await readOperation(store.db, 'operation')
    assert.ok(until >= before && until <= (await databaseTimeIn(store, 10_000)))
    assert.equal(await createSettler(store).settle(), undefined)
  })
}

/** Everything that the end of an operation may touch. */
const readAll = async ({ db }: Store) => ({
  operations: await db.selectFrom('operation').selectAll().execute(),
  clients: await db.selectFrom('client').selectAll().execute(),
  retrievals: await db.selectFrom('retrieval').selectAll().execute(),
  outcomes: (await db.selectFrom('audit_event').select('outcome').execute()).map(({ outcome }) => outcome),
})

const leasedUnder = (fence: number) => ({
  ...{ operationId: 'operation', clientId: 'pa_wam', team: 'payments', fence, actor },
})

const failUnder = (store: Store, fence: number): Promise<void> =>
  failChange(audited(store), kinds.create, leasedUnder(fence), { code: 'outcome_unknown' })

const finishAs = (store: Store, replication: 'ready' | 'replicating'): Promise<string> =>
  finishChange(audited(store), kinds.create, leasedUnder(1), { savedAt: null, replication })

const setOperation = (store: Store, values: Partial<OperationRow>) =>
  store.write(trx => trx.updateTable('operation').set(values).execute())

const checkFailed = (openStore: OpenStore): void => {
  test('whoever has lost the lease ends nothing as failed; whoever has it does, once', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    await setOperation(store, { fence: 2 })
    const before = await readAll(store)
    await failUnder(store, 1)
    assert.deepEqual(await readAll(store), before)
    await failUnder(store, 2)
    const after = await readAll(store)
    assert.equal(after.operations[0]?.state, 'failed')
    assert.deepEqual([after.clients, after.retrievals, after.outcomes], [[], [], ['failed']])
    await failUnder(store, 2)
    assert.deepEqual(await readAll(store), after)
  })

  test('what has ended as done does not fail any more', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    await finishAs(store, 'ready')
    const before = await readAll(store)
    assert.equal(before.operations[0]?.state, 'done')
    await failUnder(store, 1)
    assert.deepEqual(await readAll(store), before)
  })
}

const checkDone = (openStore: OpenStore): void => {
  test('done wins over a lost lease, and of two that end an operation as done the first one’s end and event are kept', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    await setOperation(store, { fence: 2 })
    const facts = await finishAs(store, 'replicating')
    const { operations, outcomes } = await readAll(store)
    assert.deepEqual([operations[0]?.state, operations[0]?.facts, outcomes], ['done', facts, ['done']])
    await finishAs(store, 'ready')
    const after = await readAll(store)
    assert.deepEqual([after.operations, after.outcomes], [operations, ['done']])
  })

  test('what was given up is not done any more: whoever comes late is told so, and writes nothing', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    await failUnder(store, 1)
    const before = await readAll(store)
    await assert.rejects(finishAs(store, 'ready'), { code: 'outcome_unknown' })
    assert.deepEqual(await readAll(store), before)
  })
}

const checkEnded = (openStore: OpenStore): void => {
  test('what has ended is nobody’s to settle, nor has it a lease to end', async t => {
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
      await endLeaseSoon(store, leasedUnder(1), 10_000)
      assert.deepEqual(await readAll(store), before)
      assert.equal(looked(), 0)
    }
  })
}

const checkReads = (openStore: OpenStore): void => {
  test('an operation is given up once it has failed, and for its own client; only an unfinished one holds a client', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    const expected = {
      intended: [false, 'operation'],
      done: [false, undefined],
      failed: [true, undefined],
    } as const
    for (const state of ['done', 'failed', 'intended'] as const) {
      await setOperation(store, { state })
      const read = [
        await isGivenUp(store.db, 'operation', 'pa_wam'),
        await findOpen(store.db, 'pa_wam'),
        await isGivenUp(store.db, 'operation', 'other'),
        await isGivenUp(store.db, undefined, 'pa_wam'),
        await isGivenUp(store.db, 'another operation', 'pa_wam'),
        await findOpen(store.db, 'other'),
      ]
      assert.deepEqual(read, [...expected[state], false, false, false, undefined], state)
    }
  })
}

const checkLateLooks = (openStore: OpenStore): void => {
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
}

const requestOf = (id: string, expiresAt = farFuture): IdempotentRequest => ({
  key: new Secret(id),
  ids: [id],
  digests: ['digest'],
  expiresAt,
})

const remember = (store: Store, request: IdempotentRequest, operationId: string, replaces?: string) =>
  store.write(trx => rememberRequest(trx, request, operationId, replaces))

const checkIdempotency = (openStore: OpenStore): void => {
  test('a key is remembered for one of many that bring it at once', async t => {
    const store = await openStore(t)
    const operations = Array.from({ length: 20 }, (_, index) => `operation ${index}`)
    const results = await Promise.all(operations.map(each => remember(store, requestOf('key'), each)))
    assert.equal(results.filter(Boolean).length, 1)
    const rows = await store.db.selectFrom('idempotency').select('operation_id').execute()
    assert.deepEqual(
      rows.map(row => row.operation_id),
      [operations[results.indexOf(true)]],
    )
  })

  test('a key is found with its operation, until its time is over; then it may be used again', async t => {
    const store = await openStore(t)
    await beginOperation(store, farFuture)
    assert.equal(await remember(store, requestOf('key'), 'operation'), true)
    const known = await findKnownRequest(store.db, requestOf('key'))
    assert.equal(known?.operation.operation_id, 'operation')
    assert.equal(known?.hasSameBody, true)
    await store.write(trx => trx.updateTable('idempotency').set({ expires_at: expired }).execute())
    assert.equal(await findKnownRequest(store.db, requestOf('key')), undefined)
    assert.equal(await remember(store, requestOf('key'), 'second'), true)
    assert.equal(await remember(store, requestOf('key'), 'third'), false)
  })

  test('of many that take the place of a failed operation at once one does', async t => {
    const store = await openStore(t)
    await remember(store, requestOf('key'), 'failed')
    const take = (_: unknown, index: number) => remember(store, requestOf('key'), `next ${index}`, 'failed')
    const results = await Promise.all(Array.from({ length: 20 }, take))
    assert.equal(results.filter(Boolean).length, 1)
  })
}

/** More than one batch. */
const dueRows = 1_200

const insertDue = (store: Store): Promise<void> =>
  store.write(async trx => {
    const at = (index: number) => (index < dueRows ? sql<string>`database_time()` : farFuture)
    // In pieces, because the number of values in one statement is limited.
    for (let from = 0; from < dueRows + 10; from += 100) {
      const indexes = Array.from({ length: Math.min(100, dueRows + 10 - from) }, (_, offset) => from + offset)
      const retrievals = indexes.map(index => ({
        ...retrievalRow({ retrieval_id: `retrieval ${index}` }),
        expires_at: at(index),
      }))
      await trx.insertInto('retrieval').values(retrievals).execute()
      const keys = indexes.map(index => ({
        idempotency_id: `key ${index}`,
        request_digest: 'digest',
        operation_id: 'operation',
        created_at: expired,
        expires_at: at(index),
      }))
      await trx.insertInto('idempotency').values(keys).execute()
    }
  })

const checkOpen = (openStore: OpenStore): void => {
  test('the journal tells how many operations have not ended, how many nobody works on, and for how long', async t => {
    const store = await openStore(t)
    assert.deepEqual(await measureOpenOperations(store), { open: 0, abandoned: 0, lagSeconds: 0 })
    const row = await store.db
      .selectNoFrom(sql<string>`database_time(-90000)`.as('ago'))
      .executeTakeFirstOrThrow()
    const operations = [
      { lease_until: farFuture, created_at: row.ago },
      // A lease that is taken again and again makes it no younger.
      { lease_until: row.ago, created_at: row.ago },
      { lease_until: row.ago, created_at: row.ago },
      { lease_until: expired, state: 'done' },
      { lease_until: expired, state: 'failed' },
    ] as const
    await store.write(trx =>
      trx
        .insertInto('operation')
        .values(
          operations.map((each, index) =>
            operationRow({ ...each, operation_id: `operation-${index}`, client_id: `client-${index}` }),
          ),
        )
        .execute(),
    )
    const { lagSeconds, ...counted } = await measureOpenOperations(store)
    assert.deepEqual(counted, { open: 3, abandoned: 2 })
    assert.ok(lagSeconds >= 90 && lagSeconds < 3_600)
  })
}

const checkSweep = (openStore: OpenStore): void => {
  test('a sweep erases what is due, several batches of it, and nothing else', async t => {
    const store = await openStore(t)
    await insertDue(store)
    await store.write(trx =>
      trx
        .insertInto('retrieval')
        .values(
          retrievalRow({ retrieval_id: 'redeemed', state: 'redeemed', sealed: null, expires_at: expired }),
        )
        .execute(),
    )
    assert.deepEqual(await sweepExpired(store), { retrievals: dueRows, idempotencyKeys: dueRows })
    assert.deepEqual(await sweepExpired(store), { retrievals: 0, idempotencyKeys: 0 })
    assert.deepEqual(await countByState(store), { expired: dueRows, outstanding: 10, redeemed: 1 })
    const sealed = await store.db
      .selectFrom('retrieval')
      .select('state')
      .where('sealed', 'is not', null)
      .execute()
    assert.equal(sealed.length, 10)
    assert.equal((await store.db.selectFrom('idempotency').select('expires_at').execute()).length, 10)
  })

  test('sweeps at the same moment do the work once between them', async t => {
    const store = await openStore(t)
    await insertDue(store)
    const sweeps = await Promise.all([sweepExpired(store), sweepExpired(store), sweepExpired(store)])
    assert.equal(
      sweeps.reduce((sum, { retrievals }) => sum + retrievals, 0),
      dueRows,
    )
    assert.deepEqual(await countByState(store), { expired: dueRows, outstanding: 10 })
  })
}

const countByState = async (store: Store): Promise<Record<string, number>> => {
  const rows = await store.db.selectFrom('retrieval').select('state').execute()
  const counts: Record<string, number> = {}
  for (const { state } of rows) counts[state] = (counts[state] ?? 0) + 1
  return counts
}
