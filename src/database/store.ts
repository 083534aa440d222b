import type { Kysely, SelectQueryBuilder } from 'kysely'
import type { Database } from './schema.ts'
import type { TextIndex } from './text-index.ts'
import type { Undone } from './undone.ts'

export type Store = {
  /** For reads. */
  db: Kysely<Database>
  /**
   * Runs `work` in one transaction, which is rolled back if `work` throws; rejects with the same error then. `work` may
   * run a second time after a rollback, so it changes nothing but the database.
   */
  write: <T>(work: (trx: Kysely<Database>) => Promise<T>, options?: WriteOptions) => Promise<T>
  /** Within a write: leaves out the rows that another write has locked, and locks the others until the write ends. */
  takeFree: <DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>) => typeof query
  /** Within a write: takes the lock of that name, after a wait for other writes, and keeps it until the write ends. */
  takeTurns: (trx: Kysely<Database>, name: string) => Promise<void>
  /**
   * The database's time in milliseconds since the epoch, computed without a query. It is for times that the database
   * will compare with its own, because a replica's clock may be wrong.
   */
  now: () => number
  /** Asks the database for its time. To be called regularly, because no two clocks run at the same speed. */
  readClock: () => Promise<void>
  /** Of what searches look for. */
  textIndex: TextIndex
  /** Transactions that writes shared and that were undone, whereupon each ran again by itself. */
  undone: () => Undone
  /** Rejects when the database does not answer. */
  check: () => Promise<void>
  close: () => Promise<void>
}

export type WriteOptions = {
  /** false: the commit survives a crash but not a power failure; for what can be derived again. Default: true. */
  durable?: boolean
  /**
   * true: other works may run in the same transaction at the same time and see what this one has written. Not for work
   * that takes free rows, or that relies on a lock other than `takeTurns` before it writes. Default: false.
   */
  mayShare?: boolean
}
