import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { ClientLimit } from '../policy/client-limit.ts'

/**
 * Refuses a client, reserved in the same transaction, that is more than its team may have. Last in its transaction:
 * creates of one team wait for each other from here to the commit, so that no two of them take the last place.
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

/** Reserved client ids are counted too. Reads the index up to the limit and no further, however many clients there are. */
const countClients = async (db: Kysely<Database>, team: string, atMost: number): Promise<number> => {
  const counted = db.selectFrom('client').select('client_id').where('team', '=', team).limit(atMost)
  const { count } = await db
    .selectFrom(counted.as('counted'))
    .select(({ fn }) => fn.countAll<number | string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
