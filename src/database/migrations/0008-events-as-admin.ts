import type { Kysely } from 'kysely'

const up = async (db: Kysely<unknown>): Promise<void> => {
  // Without a rule against null, because a replica of the version before goes on writing events without it.
  await db.schema.alterTable('audit_event').addColumn('as_admin', 'integer').execute()
}

/** Events tell whether it was the admin scope that let the caller do it. */
export const eventsAsAdmin = { up }
