import { type Kysely, sql } from 'kysely'

/** Clients whose id differs from that of an older one in the case of letters only; versions before made them. */
const findLater = async (db: Kysely<unknown>): Promise<string[]> => {
  const { rows } = await sql<{ client_id: string }>`
    select client_id from (
      select client_id, row_number() over (partition by lower(client_id) order by created_at, client_id) as place
      from client
    ) as ordered where place > 1`.execute(db)
  return rows.map(row => row.client_id)
}

const up = async (db: Kysely<unknown>): Promise<void> => {
  const later = await findLater(db)
  if (later.length === 0) {
    await sql`create unique index client_id_in_any_case on client (lower(client_id))`.execute(db)
    return
  }
  // They stay, and bar nobody but themselves; each of them is still found by the other index.
  const others = sql.join(later.map(id => sql.lit(id)))
  await sql`create index client_id_lowered on client (lower(client_id))`.execute(db)
  await sql`create unique index client_id_in_any_case on client (lower(client_id)) where client_id not in (${others})`.execute(
    db,
  )
}

/** Client ids that differ in the case of letters only are one: directories, which PingFederate can keep clients in, compare them so. */
export const idsInAnyCase = { up }
