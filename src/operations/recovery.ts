import type { FastifyBaseLogger } from 'fastify'
import { sql } from 'kysely'
import type { OperationRow } from '../database/schema.ts'
import { logTexts } from '../http/log.ts'
import { type SettleDependencies, settleOperation } from './settle.ts'

/** Read at once; the rest follows in the next round. */
const batchSize = 100
/** After an outage many operations wait, and PingFederate needs no crowd. */
const concurrency = 4

type Dependencies = SettleDependencies & { log: FastifyBaseLogger; newId: () => string }

/** Settles every operation whose lease is over, once, and begins with no further one when the signal comes. */
export type Recover = (signal: AbortSignal) => Promise<void>

/** Recovery whose rounds never overlap. */
export const createRecovery = (dependencies: Dependencies): Recover => {
  let running: Promise<void> | undefined
  return signal => {
    running ??= recover(dependencies, signal).finally(() => {
      running = undefined
    })
    return running
  }
}

const recover = async (dependencies: Dependencies, signal: AbortSignal): Promise<void> => {
  const open = await findAbandoned(dependencies)
  const take = async (): Promise<void> => {
    for (let next = open.shift(); next && !signal.aborted; next = open.shift())
      await settle(dependencies, next)
  }
  await Promise.all(Array.from({ length: concurrency }, take))
}

const findAbandoned = ({ store }: Dependencies): Promise<OperationRow[]> =>
  store.db
    .selectFrom('operation')
    .selectAll()
    .where('state', '=', 'intended')
    .where('lease_until', '<=', sql<string>`database_time()`)
    // A failed attempt gives its lease back at that moment, so that what cannot be settled goes behind the others.
    .orderBy('lease_until')
    .limit(batchSize)
    .execute()

/** In the audit trail recovery acts for itself: the caller of the operation is long gone. */
const recoveryPrincipal = {
  subject: 'web-session-clients:recovery',
  clientId: undefined,
  teams: [],
  scopes: new Set<string>(),
}

const settle = async (dependencies: Dependencies, operation: OperationRow): Promise<void> => {
  const { log, newId } = dependencies
  const context = { operation: operation.operation_id }
  try {
    const isSettled = await settleOperation(dependencies, operation, {
      principal: recoveryPrincipal,
      requestId: newId(),
    })
    if (isSettled) log.info(context, logTexts.settled)
  } catch (err) {
    log.warn({ ...context, err }, logTexts.unsettled)
  }
}
