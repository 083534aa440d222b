import type pg from 'pg'
import { execute } from './execute.ts'

const toClock = (aheadMs: number): string => `
  create or replace function database_time(later_ms bigint default 0) returns text language sql volatile
  return to_char(
    (clock_timestamp() + (${aheadMs} + later_ms) * interval '1 millisecond') at time zone 'UTC',
    'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
  )`

/** From now on the clock of a PostgreSQL database is ahead of everybody's by so much. */
export const putClockAhead = (database: pg.Client, minutes: number): Promise<unknown> =>
  database.query(toClock(minutes * 60_000))

/** The same for the database of that URL; one of SQLite has the clock of the process that opens it. */
export const putDatabaseAhead = async (databaseUrl: string, aheadMs: number): Promise<void> => {
  if (!databaseUrl.startsWith('sqlite:')) await execute(databaseUrl, toClock(aheadMs))
}
