import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import type { Store } from './store.ts'
import type { TextIndex } from './text-index.ts'

/** Clients that are taken into the index in one transaction: some milliseconds, in which nothing else runs. */
const batchSize = 250

/** The last of the clients that are next, in the order in which they were written. */
const nextDue = sql<{ last: number | null; count: number }>`
  select max(due) as last, count(*) as count from (select due from client_text_due order by due limit ${sql.lit(batchSize)})`

/**
 * SQLite's own index of full text, by pieces of three characters. It follows what is written in batches, and clients that
 * it does not have yet are among those that are found.
 */
export const createSqliteTextIndex = ({ write }: Pick<Store, 'write'>): TextIndex => ({
  knows: () => true,
  select: (pieces, limit) => {
    const size = sql.lit(limit)
    return sql`
      select client_id from (
        select client_id from client_text_entry where entry in (
          select rowid from client_text where client_text match ${toMatch(pieces)} limit ${size}
        )
        union
        select client_id from (select distinct client_id from client_text_due limit ${size})
      ) limit ${size}`
  },
  // What a power failure takes back is still due afterwards.
  tend: () => write(takeIn, { durable: false }),
})

/** A piece in quotation marks has no character with a meaning. */
const toMatch = (pieces: readonly string[]): string =>
  pieces.map(piece => `"${piece.replaceAll('"', '""')}"`).join(' AND ')

const takeIn = async (trx: Kysely<Database>): Promise<boolean> => {
  const { last, count } = (await nextDue.execute(trx)).rows[0] ?? { last: null, count: 0 }
  if (last === null) return false
  const clients = sql`select client_id from client_text_due where due <= ${last}`
  await sql`delete from client_text where rowid in (
    select entry from client_text_entry where client_id in (${clients})
  )`.execute(trx)
  await sql`delete from client_text_entry where client_id in (${clients})`.execute(trx)
  await sql`insert into client_text_entry (client_id) select client_id from client where client_id in (${clients})`.execute(
    trx,
  )
  await sql`insert into client_text (rowid, search_text)
    select entry, search_text from client_text_entry join client using (client_id)
    where client_id in (${clients})`.execute(trx)
  await sql`delete from client_text_due where due <= ${last}`.execute(trx)
  return count === batchSize
}
