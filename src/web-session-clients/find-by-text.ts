import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { type ListFilters, toConditions, toFits } from './list-filters.ts'

/** Clients of all teams that the index may find; looking at more costs as much as the walk. */
export const mostFound = 1_000

/** Texts that tell which pieces are rare, in the order of the ids that are looked at next. */
const sampleSize = 100

/** A piece that more of the sample have is of a word that everybody uses: the index would read all that have it. */
const mostOfSample = 5

/** So few narrow it down as far as all of them would. */
const mostPieces = 5

const pieceLength = 3

export type FoundByText = { clientId: string; team: string }

type Search = ListFilters & {
  search: string
  /** Only what comes after this client id. */
  after: string
}

/**
 * All clients of any team that fit, in the order of their ids. Undefined where the index is of no use: where it does not
 * know the text or is not there, where too many have it, or where so few clients are left that to look at them is as quick.
 */
export const findByText = async (
  { db, textIndex }: Pick<Store, 'db' | 'textIndex'>,
  { after, ...filters }: Search,
): Promise<FoundByText[] | undefined> => {
  const pieces = toPieces(filters.search.toLowerCase()).filter(textIndex.knows)
  if (pieces.length === 0) return undefined
  const sample = await readSample(db, after)
  const rare = findRare(pieces, sample)
  if (sample.length < sampleSize || rare.length === 0) return undefined
  const { rows } = await sql<FoundByText & { fits: unknown }>`
    with found as materialized (${textIndex.select(rare, mostFound + 1)})
    select client.client_id as "clientId", team, ${toFits(toConditions(filters))} as fits
    from found left join client on client.client_id = found.client_id`.execute(db)
  if (rows.length > mostFound) return undefined
  return rows
    .filter(({ clientId, fits }) => fits && clientId > after)
    .toSorted((one, other) => (one.clientId < other.clientId ? -1 : 1))
}

/** All of a text's pieces. Those that do not overlap come first, because they tell most together. */
const toPieces = (text: string): string[] => {
  const letters = [...text]
  const starts = letters
    .keys()
    .toArray()
    .slice(0, 1 - pieceLength)
  const inTurn = starts.toSorted((one, other) => (one % pieceLength) - (other % pieceLength))
  return [...new Set(inTurn.map(start => letters.slice(start, start + pieceLength).join('')))]
}

const readSample = async (db: Kysely<Database>, after: string): Promise<string[]> => {
  const rows = await db
    .selectFrom('client')
    .select('search_text')
    .where('client_id', '>', after)
    .orderBy('client_id')
    .limit(sampleSize)
    .execute()
  return rows.map(row => row.search_text)
}

/** The pieces that few texts have, the rarest first. */
const findRare = (pieces: readonly string[], sample: readonly string[]): string[] =>
  pieces
    .map(piece => ({ piece, count: sample.filter(text => text.includes(piece)).length }))
    .filter(({ count }) => count <= mostOfSample)
    .toSorted((one, other) => one.count - other.count)
    .slice(0, mostPieces)
    .map(({ piece }) => piece)
