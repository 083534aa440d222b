import type { FastifyBaseLogger } from 'fastify'
import { actorOfService } from '../audit/actor.ts'
import { databaseTime } from '../database/database-time.ts'
import type { OperationRow } from '../database/schema.ts'
import { logTexts } from '../log.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import { singleFlight } from '../single-flight.ts'
import type { Journal } from './change.ts'
import { type Settled, settleOperation } from './settle.ts'

/** Read at once: bounds what a long outage leaves in memory. */
const batchSize = 100
/** After an outage many operations wait, and PingFederate needs no crowd; the bulkhead has few slots for them anyway. */
const concurrency = 4

type Dependencies<Upstream> = { journal: Journal<Upstream>; log: FastifyBaseLogger; newId: () => string }

/**
 * One round: settles every operation whose lease is over. It ends early when the signal comes, or when PingFederate
 * takes no calls: what is left is found again by the next.
 */
export type Recover = (signal: AbortSignal) => Promise<void>

/** Recovery whose rounds never overlap. */
export const createRecovery = <Upstream>(dependencies: Dependencies<Upstream>): Recover =>
  singleFlight(signal => recover(dependencies, signal))

const recover = async <Upstream>(
  dependencies: Dependencies<Upstream>,
  signal: AbortSignal,
): Promise<void> => {
  const ended = new AbortController()
  const stopped = AbortSignal.any([signal, ended.signal])
  const unpublished: string[] = []
  let last = ''
  for (let isFull = true; isFull && !stopped.aborted; ) {
    const open = await findAbandoned(dependencies.journal, last)
    last = open.at(-1)?.operation_id ?? last
    isFull = open.length === batchSize
    const take = async (): Promise<void> => {
      for (let next = open.shift(); next && !stopped.aborted; next = open.shift()) {
        const settled = await settle(dependencies, next)
        if (settled) unpublished.push(...settled.unpublished)
        else ended.abort()
      }
    }
    await Promise.all(Array.from({ length: concurrency }, take))
  }
  // Once for all of them, because it publishes every administrator's pending changes.
  await dependencies.journal.publish(unpublished)
}

const findAbandoned = ({ store }: Pick<Journal<unknown>, 'store'>, after: string): Promise<OperationRow[]> =>
  store.db
    .selectFrom('operation')
    .selectAll()
    .where('state', '=', 'intended')
    .where('lease_until', '<=', databaseTime)
    .where('operation_id', '>', after)
    .orderBy('operation_id')
    .limit(batchSize)
    .execute()

const nothing: Settled = { unpublished: [] }

/** Resolves to undefined when the next one should not be tried: this one was not even sent. */
const settle = async <Upstream>(
  { journal, log, newId }: Dependencies<Upstream>,
  operation: OperationRow,
): Promise<Settled | undefined> => {
  const context = { operation: operation.operation_id }
  try {
    // For itself, because the caller of the operation is long gone.
    const actor = actorOfService('recovery', newId())
    const settled = await settleOperation(journal, operation, actor)
    if (settled) log.info(context, logTexts.settled)
    return settled ?? nothing
  } catch (err) {
    log.warn({ ...context, err }, logTexts.unsettled)
    const isSent = !(err instanceof PingFederateFailure) || err.isAmbiguous || err.kind === 'invalid'
    return isSent ? nothing : undefined
  }
}
