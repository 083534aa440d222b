import type { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { initial } from './migrations/0001-initial.ts'
import { auditTrail } from './migrations/0002-audit-trail.ts'
import { factsOfOperations } from './migrations/0003-facts-of-operations.ts'
import { requestingClient } from './migrations/0004-requesting-client.ts'
import { idsInAnyCase } from './migrations/0005-ids-in-any-case.ts'
import { secretRotations } from './migrations/0006-secret-rotations.ts'
import { disabledClients } from './migrations/0007-disabled-clients.ts'
import { eventsAsAdmin } from './migrations/0008-events-as-admin.ts'
import { driftedClients } from './migrations/0009-drifted-clients.ts'
import { deliveredClients } from './migrations/0010-delivered-clients.ts'
import { textsOfClients } from './migrations/0011-texts-of-clients.ts'
import { DatabaseStartError } from './start-error.ts'

/** Applied in this order, forward only; a released migration is never edited. */
export const migrations: Record<string, Migration> = {
  '0001-initial': initial,
  '0002-audit-trail': auditTrail,
  '0003-facts-of-operations': factsOfOperations,
  '0004-requesting-client': requestingClient,
  '0005-ids-in-any-case': idsInAnyCase,
  '0006-secret-rotations': secretRotations,
  '0007-disabled-clients': disabledClients,
  '0008-events-as-admin': eventsAsAdmin,
  '0009-drifted-clients': driftedClients,
  '0010-delivered-clients': deliveredClients,
  '0011-texts-of-clients': textsOfClients,
}

/**
 * Brings the database to this version's schema; two processes may do so at the same moment.
 * @throws DatabaseStartError when the database has migrations this version does not know, and whatever a migration throws
 */
export const migrate = async (db: Kysely<MigrationTable>): Promise<void> => {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  if (!error) return
  const unknown = await findUnknown(db)
  if (unknown.length === 0) throw error
  throw new DatabaseStartError(
    `a newer version has changed the database's schema (${unknown.join(', ')}). Start that version or a later one; an older one would damage the data.`,
    { cause: error },
  )
}

type MigrationTable = { kysely_migration: { name: string } }

/** Nothing where the table cannot be read: then the migration's own error is the reason. */
const findUnknown = async (db: Kysely<MigrationTable>): Promise<string[]> => {
  const rows = await db
    .selectFrom('kysely_migration')
    .select('name')
    .execute()
    .catch(() => [])
  return rows.map(({ name }) => name).filter(name => !(name in migrations))
}
