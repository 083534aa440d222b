import type pg from 'pg'

/**
 * Until so many connections to the database of `beside` wait for a lock, or `ended` is resolved: where nothing waits that
 * should, the test goes on and tells what came instead.
 */
export const untilWaiting = async (
  beside: pg.Client,
  count: number,
  ended: Promise<unknown>,
): Promise<void> => {
  let hasEnded = false
  const end = () => {
    hasEnded = true
  }
  ended.then(end, end)
  const countWaiting = `
    select count(*)::int as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  for (let waiting = 0; waiting < count && !hasEnded; ) {
    // Within a transaction PostgreSQL lists the connections of its first look, and would miss those made since.
    await beside.query('select pg_stat_clear_snapshot()')
    ;[{ waiting }] = (await beside.query(countWaiting)).rows as [{ waiting: number }]
  }
}
