import { sql } from 'kysely'

/** The database's clock, which decides about expiry and leases: every replica sees the same. */
export const databaseTime = sql<string>`database_time()`
