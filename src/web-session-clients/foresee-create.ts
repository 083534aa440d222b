import { type Kysely, sql } from 'kysely'
import type { ClientRow, Database, OperationRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { inProgress, lookAgainMs, outcomeUnknown } from '../journal/problems.ts'
import { isGivenUp, readOperation } from '../journal/read-operation.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import { findMaker } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { ClientLimit } from '../policy/client-limit.ts'
import type { Principal } from '../principal.ts'
import { lookUp } from './carry-out.ts'
import { foreseeClientLimit } from './keep-client-limit.ts'
import { existsAlready, findHolder, refuseTaken, takenByYou } from './taken.ts'

export type ForeseeDependencies = {
  store: Pick<Store, 'db'>
  pingFederate: Pick<PingFederate, 'findClient'>
}

/** What a create of this client id would come to: a new client, or one in the place of a leftover of this service. */
export type Foreseen = 'create' | 'replace'

type ToForesee = { clientId: string; principal: Principal; clientLimit: ClientLimit | undefined }

/**
 * Refuses a client as a create would, in the same order, and only reads for it.
 * @throws Problem `client_id_taken`, `operation_in_progress`, `client_exists_in_pingfederate`, `outcome_unknown`, and
 * the limit's refusal
 * @throws PingFederateFailure when PingFederate cannot be asked
 */
export const foreseeCreate = async (
  { store, pingFederate }: ForeseeDependencies,
  { clientId, principal, clientLimit }: ToForesee,
): Promise<Foreseen> => {
  const holder = await findHolder(store.db, clientId)
  if (holder) await refuseHeld(store.db, pingFederate, holder, principal)
  if (clientLimit) await foreseeClientLimit(store.db, clientLimit, clientId)
  const found = await pingFederate.findClient(clientId)
  if (!found) return 'create'
  const maker = findMaker(found)
  if (maker !== undefined && (await isGivenUp(store.db, maker, clientId))) return 'replace'
  throw existsAlready(maker)
}

/** Resolves where a create would find that the holder made nothing, and set the client id free. */
const refuseHeld = async (
  db: Kysely<Database>,
  pingFederate: ForeseeDependencies['pingFederate'],
  holder: ClientRow,
  principal: Principal,
): Promise<void> => {
  refuseTaken(holder, principal)
  const operation = await readOperation(db, holder.operation_id)
  if (operation.state === 'done') throw takenByYou(holder)
  if (operation.state === 'failed') return
  if (!(await isAbandoned(db, operation))) throw inProgress(operation.operation_id)
  const found = await lookUp(pingFederate, holder.client_id, operation.operation_id).catch(error => {
    throw error instanceof PingFederateFailure
      ? outcomeUnknown(operation.operation_id, error, lookAgainMs)
      : error
  })
  if (found?.kind === 'created') throw takenByYou(holder)
}

/** Whether nobody works on it any more, by the database's clock. */
const isAbandoned = async (
  db: Kysely<Database>,
  { operation_id: operationId }: OperationRow,
): Promise<boolean> => {
  const row = await db
    .selectFrom('operation')
    .select('operation_id')
    .where('operation_id', '=', operationId)
    .where('lease_until', '<=', sql<string>`database_time()`)
    .executeTakeFirst()
  return row !== undefined
}
