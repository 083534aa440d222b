import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import type { AuditEventRow, Database } from '../database/schema.ts'
import type { Position } from './cursor.ts'

/** `any`: events of every team, and events about no team. */
export type VisibleTeams = readonly string[] | 'any'

export type Search = {
  teams: VisibleTeams
  clientId?: string | undefined
  action?: string | undefined
  outcome?: string | undefined
  subject?: string | undefined
  /** First millisecond searched. */
  since?: string | undefined
  /** First millisecond not searched any more. */
  until?: string | undefined
  limit: number
  /** Only what is older than this. */
  before: Position | undefined
}

/** Events read at a time where the index finds others than those searched for. */
const chunkSize = 500
/** Events read by one request at most. */
const maxRead = 5_000

/**
 * A page of events, the newest first. What one request reads is bounded, so where few events match, a page can be short
 * or empty while `next` tells where the search goes on.
 */
export const findAuditEvents = async (
  db: Kysely<Database>,
  search: Search,
): Promise<{ events: AuditEventRow[]; next: Position | undefined }> => {
  const matches = toFilter(search)
  const size = isSelective(search) ? chunkSize : search.limit + 1
  const events: AuditEventRow[] = []
  let position = search.before
  for (let read = 0; read < maxRead; read += size) {
    const rows = await readChunk(db, { ...search, before: position }, size)
    events.push(...rows.filter(matches))
    if (events.length > search.limit) {
      const page = events.slice(0, search.limit)
      return { events: page, next: lastOf(page) }
    }
    if (rows.length < size) return { events, next: undefined }
    position = lastOf(rows)
  }
  return { events, next: position }
}

const lastOf = (rows: AuditEventRow[]): Position | undefined => {
  const row = rows.at(-1)
  // PostgreSQL's 64 bits arrive as text.
  return row && { at: row.at, id: Number(row.audit_event_id) }
}

/** Whether the index can find events that the filter refuses. */
const isSelective = ({ teams, clientId, action, outcome, subject }: Search): boolean =>
  [action, outcome, subject, teams === 'any' ? undefined : clientId].some(value => value !== undefined)

/** Checks what the index does not. The team is checked for every event, because not every index is by team. */
const toFilter = ({ teams, action, outcome, subject }: Search): ((row: AuditEventRow) => boolean) => {
  const isVisible = (team: string | null) => teams === 'any' || (team !== null && teams.includes(team))
  const is = (wanted: string | undefined, value: string) => wanted === undefined || wanted === value
  return row =>
    isVisible(row.team) && is(action, row.action) && is(outcome, row.outcome) && is(subject, row.subject)
}

/** Reads the next events by one index: of a client, of everybody, or of each team, merged by time. */
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
