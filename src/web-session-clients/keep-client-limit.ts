import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { ClientLimit } from '../policy/client-limit.ts'

/**
 * Refuses a client beyond its team's limit, after the same transaction has inserted the client's row. It comes last in
 * the transaction, because creates of one team wait for each other from here to the commit; otherwise two of them could
 * each count themselves as the last one allowed.
 * @throws Problem the limit's refusal
 */
export const keepClientLimit = async (
  { takeTurns }: Pick<Store, 'takeTurns'>,
  trx: Kysely<Database>,
  limit: ClientLimit | undefined,
): Promise<void> => {
  if (!limit) return
  const { team, maximum, refusal } = limit
  await takeTurns(trx, `clients of team ${team}`)
  if ((await countClients(trx, team, maximum + 1)) > maximum) throw refusal
}

/** Counts the team's clients, those still being created too, and reads no more of the index than `atMost`. */
const countClients = async (db: Kysely<Database>, team: string, atMost: number): Promise<number> => {
  const counted = db.selectFrom('client').select('client_id').where('team', '=', team).limit(atMost)
  const { count } = await db
    .selectFrom(counted.as('counted'))
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
