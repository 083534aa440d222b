import type { Kysely } from 'kysely'
import type { Database } from './schema.ts'

export type Store = {
  /** For reads. */
  db: Kysely<Database>
  /** One transaction; see {@link WriteOptions}. Rejects with what `work` throws, and then nothing of it is kept. */
  write: <T>(work: (trx: Kysely<Database>) => Promise<T>, options?: WriteOptions) => Promise<T>
  /** Rejects when the database does not answer. */
  check: () => Promise<void>
  close: () => Promise<void>
}

type WriteOptions = {
  /** false: survives the end of the process, but not of the power; for what can be derived again. Default true. */
  durable?: boolean
}
