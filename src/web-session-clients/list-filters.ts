import { type RawBuilder, sql } from 'kysely'
import type { ClientStatus, RetrievalState } from '../database/vocabulary.ts'

/** What a list can be narrowed to; a client that fits all of it is in it. */
export type ListFilters = {
  search?: string
  status?: ClientStatus
  retrieval?: RetrievalState
  secretOlderThanDays?: number
  drifted?: boolean
}

type Condition = RawBuilder<boolean>

/** The condition on a row of `client` for each filter that is set. */
export const toConditions = (filters: ListFilters): Condition[] => {
  const { search, status, retrieval, secretOlderThanDays, drifted } = filters
  return [
    ...(search === undefined ? [] : [contains(search)]),
    ...(status === undefined ? [] : [hasStatus(status)]),
    ...(retrieval === undefined ? [] : [ofRetrieval(isIn(retrieval))]),
    ...(secretOlderThanDays === undefined ? [] : [ofRetrieval(isOlderThan(secretOlderThanDays))]),
    ...(drifted === undefined
      ? []
      : [drifted ? sql<boolean>`drift is not null` : sql<boolean>`drift is null`]),
  ]
}

/** Whether a row of `client` is one that lists have and meets the conditions. */
export const toFits = (conditions: readonly Condition[]): Condition =>
  sql`${sql.join([sql`state = 'active'`, ...conditions], sql` and `)}`

/** What looks like a wildcard of LIKE is text here. */
const contains = (search: string): Condition => {
  const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
  return sql`search_text like ${pattern} escape '\\'`
}

const hasStatus = (status: ClientStatus): Condition => {
  if (status === 'disabled') return sql`replication = 'ready' and disabled_at is not null`
  if (status === 'ready') return sql`replication = 'ready' and disabled_at is null`
  return sql`replication = ${status}`
}

/** On the client's own retrieval. PostgreSQL never turns a scalar subquery into a join that reads the whole table. */
const ofRetrieval = (condition: Condition): Condition =>
  sql`(select ${condition} from retrieval where retrieval.retrieval_id = client.retrieval_id)`

const isIn = (state: RetrievalState): Condition => {
  if (state === 'outstanding') return sql`retrieval.state = 'outstanding' and expires_at > ${databaseTime(0)}`
  if (state === 'expired')
    return sql`retrieval.state = 'expired' or (retrieval.state = 'outstanding' and expires_at <= ${databaseTime(0)})`
  return sql`retrieval.state = ${state}`
}

const dayMs = 86_400_000

const isOlderThan = (days: number): Condition => sql`retrieval.created_at < ${databaseTime(-days * dayMs)}`

/** In a subquery it is called once; PostgreSQL would otherwise call it for every row. */
const databaseTime = (laterMs: number): RawBuilder<string> => sql`(select database_time(${laterMs}))`
