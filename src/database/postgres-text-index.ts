import { type Kysely, sql } from 'kysely'
import type { Database } from './schema.ts'
import type { TextIndex } from './text-index.ts'

/**
 * Whether the index is there and ready. The migration makes it where it may; where it may not, somebody else can do so
 * later.
 */
export const hasTextIndex = async (db: Kysely<Database>): Promise<boolean> => {
  const { rows } = await sql<{ valid: boolean }>`
    select indisvalid as valid from pg_index where indexrelid = to_regclass('client_by_text')`.execute(db)
  return rows[0]?.valid ?? false
}

/** PostgreSQL's index of trigrams, whether it is there or not: without it, it knows no piece. */
export const createPostgresTextIndex = (db: Kysely<Database>, isThereAtStart: boolean): TextIndex => {
  let isThere = isThereAtStart
  return {
    // What counts as a letter beyond these depends on the database's locale, and a piece that has none is in every client.
    knows: piece => isThere && /^[a-z0-9]{3}$/.test(piece),
    select: (pieces, limit) => {
      const conditions = pieces.map(piece => sql`search_text like ${`%${piece}%`}`)
      return sql`select client_id from client where ${sql.join(conditions, sql` and `)} limit ${sql.lit(limit)}`
    },
    // What is inserted waits in a list, which a search reads as a whole and which a create has to empty when it is long.
    tend: async () => {
      isThere = await hasTextIndex(db)
      if (isThere) await sql`select gin_clean_pending_list('client_by_text')`.execute(db)
      return false
    },
  }
}
