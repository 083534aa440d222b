import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import type { AuditEventRow, Database } from '../database/schema.ts'
import type { Place } from './cursor.ts'

/** `any`: of every team, and those that are about none. */
export type VisibleTeams = readonly string[] | 'any'

export type Search = {
  teams: VisibleTeams
  clientId?: string | undefined
  action?: string | undefined
  outcome?: string | undefined
  subject?: string | undefined
  /** The first millisecond, and the one after the last. */
  since?: string | undefined
  until?: string | undefined
  limit: number
  /** Only what is older than this. */
  before: Place | undefined
}

/** Where an index does not lead to what is looked for, so many events are read at a time, and at most in a request. */
const chunkSize = 500
const maxRead = 5_000

/**
 * Events, the newest first. What one request reads is bounded, however few events match: then a page is short or empty,
 * and `next` is where the search goes on.
 */
export const findAuditEvents = async (
  db: Kysely<Database>,
  search: Search,
): Promise<{ events: AuditEventRow[]; next: Place | undefined }> => {
  const matches = toFilter(search)
  const size = isSelective(search) ? chunkSize : search.limit + 1
  const events: AuditEventRow[] = []
  let place = search.before
  for (let read = 0; read < maxRead; read += size) {
    const rows = await readChunk(db, { ...search, before: place }, size)
    events.push(...rows.filter(matches))
    if (events.length > search.limit) {
      const page = events.slice(0, search.limit)
      return { events: page, next: lastOf(page) }
    }
    if (rows.length < size) return { events, next: undefined }
    place = lastOf(rows)
  }
  return { events, next: place }
}

const lastOf = (rows: AuditEventRow[]): Place | undefined => {
  const row = rows.at(-1)
  // PostgreSQL's 64 bits arrive as text.
  return row && { at: row.at, id: Number(row.audit_event_id) }
}

/** Whether events that the index leads to can be others than those looked for. */
const isSelective = ({ teams, clientId, action, outcome, subject }: Search): boolean =>
  [action, outcome, subject, teams === 'any' ? undefined : clientId].some(value => value !== undefined)

/** What an index has not seen to; whose team's events may be seen is checked for each, whatever index led to it. */
const toFilter = ({ teams, action, outcome, subject }: Search): ((row: AuditEventRow) => boolean) => {
  const isVisible = (team: string | null) => teams === 'any' || (team !== null && teams.includes(team))
  const is = (wanted: string | undefined, value: string) => wanted === undefined || wanted === value
  return row =>
    isVisible(row.team) && is(action, row.action) && is(outcome, row.outcome) && is(subject, row.subject)
}

/** The next events of a client, of everybody, or of each team: one descent of an index each, merged. */
const readChunk = (db: Kysely<Database>, search: Search, size: number): Promise<AuditEventRow[]> => {
  const { teams, clientId } = search
  if (clientId !== undefined)
    return newest(within(db, search).where('client_id', '=', clientId), size).execute()
  if (teams === 'any') return newest(within(db, search), size).execute()
  const [first, ...others] = teams.map(team =>
    db.selectFrom(newest(within(db, search).where('team', '=', team), size).as('of_team')).selectAll(),
  )
  if (!first) return Promise.resolve([])
  return newest(others.reduce((all, each) => all.unionAll(each), first) as typeof first, size).execute()
}

type Events = SelectQueryBuilder<Database, 'audit_event', AuditEventRow>

const within = (db: Kysely<Database>, { since, until, before }: Search): Events => {
  let query = db.selectFrom('audit_event').selectAll()
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  if (before) query = query.where(sql<boolean>`(at, audit_event_id) < (${before.at}, ${before.id})`)
  return query
}

const newest = <DB, TB extends keyof DB>(
  query: SelectQueryBuilder<DB, TB, AuditEventRow>,
  limit: number,
): SelectQueryBuilder<DB, TB, AuditEventRow> =>
  query.orderBy(sql`at`, 'desc').orderBy(sql`audit_event_id`, 'desc').limit(limit)
