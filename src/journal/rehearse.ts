import type { AuditedStore } from '../audit/record.ts'
import { databaseTime } from '../database/database-time.ts'
import type { OperationRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { Held, writeIntent } from './begin.ts'
import type { Change, ChangeRequest, Evidence, Journal } from './change.ts'
import { type Ending, toLeased, writeEnd } from './finish.ts'
import { becameFree, inProgress } from './problems.ts'
import { readOperation } from './read-operation.ts'
import { rejectUnseen } from './settle-now.ts'

/** An operation that nobody works on any more, and what PingFederate shows of it. */
type Abandoned = { operation: OperationRow; evidence: Evidence }

/**
 * A dry run: everything that running the change does before its write, with the same code, in transactions that are
 * taken back. What is left to its kind is to look at what the write would meet. An idempotency key is not looked up,
 * because what a repetition is answered says nothing about the change.
 * @throws Problem where the change would be refused, in the same words
 */
export const rehearseChange = async <Upstream, Request extends ChangeRequest>(
  journal: Journal<Upstream>,
  change: Change<Upstream, Request, unknown>,
  request: Request,
): Promise<void> => {
  if (request.refusal) throw request.refusal
  if (await rehearseIntent(journal, change, request)) return
  const holder = await change.check(journal.store.db, request)
  if (holder === undefined) throw becameFree()
  const abandoned = await lookAtHolder(journal, holder)
  // What it has made by then stands in the way, as it would of the change itself.
  if (!abandoned) await change.check(journal.store.db, request)
  if (!(await rehearseIntent(journal, change, request, abandoned))) throw inProgress(holder)
}

/** Whether the intent could be written, once the operation in its way has ended as PingFederate shows it. */
const rehearseIntent = async <Upstream, Request extends ChangeRequest>(
  { store, kinds }: Pick<Journal<Upstream>, 'store' | 'kinds'>,
  change: Change<Upstream, Request, unknown>,
  request: Request,
  abandoned?: Abandoned,
): Promise<boolean> => {
  try {
    await takeBack(store, async ending => {
      if (abandoned) {
        const { operation, evidence } = abandoned
        const leased = toLeased(operation, request.actor)
        await writeEnd(ending, kinds[operation.kind], leased, evidence)
        await change.check(ending.trx, request)
      }
      await writeIntent(
        { store, ...ending },
        { change, request: { ...request, idempotent: undefined }, leaseMs: 0 },
      )
    })
    return true
  } catch (error) {
    if (error instanceof Held) return false
    throw error
  }
}

/** Ends every transaction that went well, so that nothing of it is kept. */
class TakenBack extends Error {}

const takeBack = async (
  store: Pick<AuditedStore, 'write'>,
  work: (ending: Ending) => Promise<void>,
): Promise<void> => {
  const write = store.write(
    async (trx, record) => {
      await work({ trx, record })
      throw new TakenBack()
    },
    { durable: false },
  )
  await write.catch(error => {
    if (!(error instanceof TakenBack)) throw error
  })
}

/**
 * Resolves to undefined where the holder has just ended by itself.
 * @throws Problem `operation_in_progress`, `outcome_unknown`
 */
const lookAtHolder = async <Upstream>(
  { store, kinds, upstream }: Journal<Upstream>,
  holder: string,
): Promise<Abandoned | undefined> => {
  const operation = await readOperation(store.db, holder)
  if (operation.state !== 'intended') return undefined
  if (!(await isAbandoned(store, holder))) throw inProgress(holder)
  const evidence = await kinds[operation.kind].look(upstream, operation).catch(rejectUnseen(holder))
  return { operation, evidence }
}

const isAbandoned = async ({ db }: Pick<Store, 'db'>, operationId: string): Promise<boolean> => {
  const row = await db
    .selectFrom('operation')
    .select('operation_id')
    .where('operation_id', '=', operationId)
    .where('lease_until', '<=', databaseTime)
    .executeTakeFirst()
  return row !== undefined
}
