import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { Database } from './schema.ts'

export type Store = {
  /** For reads. */
  db: Kysely<Database>
  /** One transaction; see {@link WriteOptions}. Rejects with what `work` throws, and then nothing of it is kept. */
  write: <T>(work: (trx: Kysely<Database>) => Promise<T>, options?: WriteOptions) => Promise<T>
  /** Within a write: only the rows of the query that no other write is at, kept from the others until its end. */
  takeFree: <DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>) => typeof query
  /** Within a write: waits for every other write that has named the same, and keeps others waiting until its end. */
  takeTurns: (trx: Kysely<Database>, name: string) => Promise<void>
  /**
   * Milliseconds since the epoch by the database's clock, without asking it: what it compares with its time later is
   * stamped with this, because a replica's own clock may be anything.
   */
  now: () => number
  /** Asks the database for its time again; from time to time, because no two clocks run alike. */
  readClock: () => Promise<void>
  /** Rejects when the database does not answer. */
  check: () => Promise<void>
  close: () => Promise<void>
}

export type WriteOptions = {
  /** false: survives the end of the process, but not of the power; for what can be derived again. Default true. */
  durable?: boolean
}
