import { type Kysely, sql } from 'kysely'
import type { ClientRow, Database } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { findByText } from './find-by-text.ts'
import { type ListFilters, toConditions, toFits } from './list-filters.ts'

/** Clients that one request looks at, however many there are: some milliseconds of work, with a retrieval for each. */
export const mostWalked = 5_000

/** Clients of one statement: so few that reading a whole team and sorting it never looks cheaper than its index. */
const chunkSize = 500

/** SQLite takes 500 selects in one statement; where a caller has more teams than this, there are more statements. */
const mostTeams = 100

type Teams = readonly string[] | 'any'

type Search = ListFilters & {
  teams: Teams
  limit: number
  /** Only what comes after this client id. */
  after: string | undefined
}

type Reads = Pick<Store, 'db' | 'textIndex'>

/**
 * A page of clients in the order of their ids. A text that few of them have is looked up. No index knows the other filters,
 * so the index by team, or for clients of any team that by id, is walked and each client on the way is looked at. Where few
 * of them fit, a page can be short or empty while `next` tells where the walk goes on.
 */
export const findClients = async (
  store: Reads,
  search: Search,
): Promise<{ rows: ClientRow[]; next: string | undefined }> => {
  const { ids, next } = (await lookUpIds(store, search)) ?? (await walkToIds(store.db, search))
  if (ids.length === 0) return { rows: [], next }
  const rows = await store.db
    .selectFrom('client')
    .selectAll()
    .where('client_id', 'in', ids)
    .orderBy('client_id')
    .execute()
  return { rows, next }
}

type FoundIds = { ids: string[]; next: string | undefined }

/** By the index of texts; undefined where that is of no use. */
const lookUpIds = async (
  store: Reads,
  { teams, limit, after = '', search, ...others }: Search,
): Promise<FoundIds | undefined> => {
  if (search === undefined) return undefined
  const found = await findByText(store, { ...others, search, after })
  if (!found) return undefined
  const ids = found
    .filter(({ team }) => teams === 'any' || teams.includes(team))
    .map(({ clientId }) => clientId)
  return { ids: ids.slice(0, limit), next: ids.length > limit ? ids[limit - 1] : undefined }
}

const walkToIds = async (
  db: Kysely<Database>,
  { teams, limit, after, ...filters }: Search,
): Promise<FoundIds> => {
  const conditions = toConditions(filters)
  // One more than asked for tells whether there is another page.
  const size = conditions.length > 0 ? chunkSize : limit + 1
  // A chunk has something of each team, so each has an equal part of it; without a filter that is the whole page.
  const parts = teams === 'any' ? 1 : Math.max(teams.length, 1)
  const share = conditions.length > 0 ? Math.ceil(size / parts) : size
  const ids: string[] = []
  let position = after
  for (let walked = 0; walked < mostWalked; walked += size) {
    const { fitting, end } = await walkChunk(db, { teams, share, conditions, after: position })
    ids.push(...fitting)
    if (ids.length > limit) return { ids: ids.slice(0, limit), next: ids[limit - 1] }
    if (end === undefined) return { ids, next: undefined }
    position = end
  }
  return { ids, next: position }
}

type Chunk = {
  teams: Teams
  /** Clients of each team at most. */
  share: number
  conditions: ReturnType<typeof toConditions>
  after: string | undefined
}

/**
 * The clients that fit among the next of each team. The team that comes first to the end of its share ends the chunk for
 * all, so that nobody is passed over; there is no end where all teams have come to theirs.
 */
const walkChunk = async (
  db: Kysely<Database>,
  chunk: Chunk,
): Promise<{ fitting: string[]; end: string | undefined }> => {
  const { teams } = chunk
  const walks =
    teams === 'any'
      ? [await readAnyTeams(db, chunk)]
      : (await Promise.all(toGroups(teams).map(group => readChunk(db, group, chunk)))).flat()
  const [end] = walks
    .filter(walked => walked.length === chunk.share)
    .map(walked =>
      walked
        .map(({ clientId }) => clientId)
        .toSorted()
        .at(-1),
    )
    .toSorted()
  const fitting = walks
    .flat()
    .filter(({ clientId, fits }) => fits && (end === undefined || clientId <= end))
    .map(({ clientId }) => clientId)
  return { fitting: fitting.toSorted(), end }
}

const toGroups = (teams: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(teams.length / mostTeams) }, (_, index) =>
    teams.slice(index * mostTeams, (index + 1) * mostTeams),
  )

/** PostgreSQL says so with a boolean and SQLite with a number. */
type Walked = { clientId: string; team: string; fits: unknown }

/** The next clients, whatever their teams. */
const readAnyTeams = (db: Kysely<Database>, { share, conditions, after = '' }: Chunk): Promise<Walked[]> =>
  db
    .selectFrom('client')
    .select(['client_id as clientId', 'team', toFits(conditions).as('fits')])
    .where('client_id', '>', after)
    .orderBy('client_id')
    .limit(share)
    .execute()

/** The next clients of each of the teams that has any. */
const readChunk = async (
  db: Kysely<Database>,
  teams: readonly string[],
  { share, conditions, after = '' }: Chunk,
): Promise<Walked[][]> => {
  const fits = toFits(conditions)
  const [first, ...others] = teams.map(team =>
    db
      .selectFrom(
        // A stretch of pairs, because for one team in the order of ids PostgreSQL may as well walk the ids of all teams.
        db
          .selectFrom('client')
          .select(['client_id as clientId', 'team', fits.as('fits')])
          .where(sql<boolean>`(team, client_id) > (${team}, ${after})`)
          .where('team', '<=', team)
          .orderBy('team')
          .orderBy('client_id')
          .limit(share)
          .as('of_team'),
      )
      .selectAll(),
  )
  if (!first) return []
  const walked = await others.reduce((all, each) => all.unionAll(each), first).execute()
  return [...Map.groupBy(walked, ({ team }) => team).values()]
}
