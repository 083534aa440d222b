import type pg from 'pg'

/** From now on the clock of a PostgreSQL database is ahead of everybody's by so much. */
export const putClockAhead = (database: pg.Client, minutes: number): Promise<unknown> =>
  database.query(`
    create or replace function database_time(later_ms bigint default 0) returns text language sql volatile
    return to_char(
      (clock_timestamp() + interval '${minutes} minutes' + later_ms * interval '1 millisecond') at time zone 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'
    )`)
