import { sql } from 'kysely'
import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { isHeld } from '../journal/read-operation.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'

type Reading = Pick<Store, 'db'>

/** Clients of this service among those of PingFederate; `isHeld` while one is being changed. */
type Pair = { row: ClientRow & { isHeld: boolean }; found: ClientInPingFederate }

/** In whatever case of letters PingFederate has the id, since some stores compare ids without; the very same id first. */
export const pairWithRows = async (
  store: Reading,
  clients: readonly ClientInPingFederate[],
): Promise<Pair[]> => {
  if (clients.length === 0) return []
  const byId = new Map<string, ClientInPingFederate>()
  for (const client of clients) byId.set(client.clientId.toLowerCase(), client)
  const lowered = [...byId.keys()]
  for (const client of clients) byId.set(client.clientId, client)
  const rows = await selectRows(store).where(sql`lower(client_id)`, 'in', lowered).execute()
  return rows.flatMap(({ isHeld: held, ...row }) => {
    const found = byId.get(row.client_id) ?? byId.get(row.client_id.toLowerCase())
    // SQLite has a number for it.
    return found ? [{ row: { ...row, isHeld: Boolean(held) }, found }] : []
  })
}

/** The client as it stands; undefined where there is none, or while it is being changed. */
export const findComparable = async (store: Reading, clientId: string): Promise<ClientRow | undefined> => {
  const row = await selectRows(store).where('client_id', '=', clientId).executeTakeFirst()
  return row && !row.isHeld ? row : undefined
}

const selectRows = ({ db }: Reading) =>
  db
    .selectFrom('client')
    .selectAll()
    .select(eb => isHeld(eb).as('isHeld'))
    .where('state', '=', 'active')

/** Ids that are read at once. */
const batchSize = 500

/** The clients that a walk has not seen, though they were made before it began, and that are not known to be missing. */
export async function* findUnseen(
  { db }: Reading,
  { seen, beganAt }: { seen: ReadonlySet<string>; beganAt: string },
): AsyncGenerator<string> {
  for (let last = '', isFull = true; isFull; ) {
    const rows = await db
      .selectFrom('client')
      .select(['client_id', 'drift'])
      .where('state', '=', 'active')
      .where('created_at', '<=', beganAt)
      .where('client_id', '>', last)
      .orderBy('client_id')
      .limit(batchSize)
      .execute()
    last = rows.at(-1)?.client_id ?? last
    isFull = rows.length === batchSize
    for (const { client_id: id, drift } of rows) if (!seen.has(id) && drift !== 'missing') yield id
  }
}
