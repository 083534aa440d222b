import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { initial } from './migrations/0001-initial.ts'

/** Applied in this order, forward only; a released migration is never edited. */
const migrations: Record<string, Migration> = { '0001-initial': initial }

/**
 * Brings the database to this version's schema; two processes may do so at the same moment.
 * @throws when a migration fails, or when the database has migrations this version does not know.
 */
export const migrate = async (db: Kysely<never>): Promise<void> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw error
}
