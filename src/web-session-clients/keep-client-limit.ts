import type { Kysely } from 'kysely'
import type { Database } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { ClientLimit } from '../policy/client-limit.ts'
import { countClients } from './count-clients.ts'

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
  const [count = 0] = await countClients(trx, [{ team, atMost: maximum + 1 }])
  if (count > maximum) throw refusal
}
