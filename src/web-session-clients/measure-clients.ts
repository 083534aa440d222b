import { setImmediate } from 'node:timers/promises'
import { type RawBuilder, sql } from 'kysely'
import type { Store } from '../database/store.ts'
import { type ClientStatus, clientStatuses } from '../database/vocabulary.ts'
import { type ListFilters, toConditions } from './list-filters.ts'

/** How many clients wait for somebody, by what for. */
export type MeasuredClients = {
  byStatus: Record<ClientStatus, number>
  /** Nobody redeemed the token of the secret in force in time. */
  expiredUnredeemed: number
  /** The former secret has ended or soon does, and nobody has redeemed the one in force. */
  endingUnredeemed: number
  /** The secret in force is old. */
  oldSecrets: number
}

/** Bounds the work, whatever there is; what comes after these clients is not counted. */
const mostMeasured = 100_000
/** Clients of one statement, so that no request waits for long. */
const chunkSize = 500
const endsSoonMs = 86_400_000
const oldDays = 365

/** Counts the clients in chunks. It ends early after the signal, with what was counted until then. */
export const measureClients = async (
  { db }: Pick<Store, 'db'>,
  signal?: AbortSignal,
): Promise<MeasuredClients> => {
  const counts = Array<number>(columns.length).fill(0)
  let after: string | null = ''
  for (let walked = 0; after !== null && walked < mostMeasured && !signal?.aborted; walked += chunkSize) {
    const chunk: Chunk = await countChunk(db, after)
    chunk.counts.forEach((count, index) => {
      counts[index] = (counts[index] ?? 0) + count
    })
    after = chunk.end
    // SQLite answers without leaving the turn of the event loop, which requests wait for.
    await setImmediate()
  }
  return toMeasured(counts)
}

const of = (filters: ListFilters): RawBuilder<boolean> => sql.join(toConditions(filters), sql` and `)

/** A secret that PingAccess has is one that nobody need redeem, unless its delivery has failed and it is not sure that PingAccess has it. */
const isInUse = sql<boolean>`(retrieval.state = 'redeemed' or (retrieval.state = 'delivered' and not exists (
  select 1 from operation where operation.operation_id = client.operation_id and operation.state = 'failed'
)))`

const isEndingUnredeemed = sql<boolean>`(
  select not ${isInUse} and previous_ends_at <= (select database_time(${sql.lit(endsSoonMs)}))
  from retrieval where retrieval.retrieval_id = client.retrieval_id
)`

/** What is counted, in the order of `toMeasured`. */
const columns: readonly RawBuilder<boolean>[] = [
  of({ retrieval: 'expired' }),
  isEndingUnredeemed,
  of({ secretOlderThanDays: oldDays }),
  ...clientStatuses.map(status => of({ status })),
]

const toMeasured = (counts: readonly number[]): MeasuredClients => {
  const [expiredUnredeemed = 0, endingUnredeemed = 0, oldSecrets = 0, ...statuses] = counts
  const byStatus = Object.fromEntries(clientStatuses.map((status, index) => [status, statuses[index] ?? 0]))
  return {
    ...{ expiredUnredeemed, endingUnredeemed, oldSecrets },
    byStatus: byStatus as Record<ClientStatus, number>,
  }
}

/** The last client of a chunk; null of one that is not full. */
type Chunk = { counts: number[]; end: string | null }

const countChunk = async (db: Store['db'], after: string): Promise<Chunk> => {
  const row = await db
    .selectFrom(
      db
        .selectFrom('client')
        .selectAll()
        .where('client_id', '>', after)
        .orderBy('client_id')
        .limit(chunkSize)
        .as('client'),
    )
    .select(({ fn }) => [
      fn.countAll().as('clients'),
      fn.max('client_id').as('last'),
      ...columns.map((column, index) =>
        sql`count(case when state = 'active' and ${column} then 1 end)`.as(`count_${index}`),
      ),
    ])
    .executeTakeFirstOrThrow()
  const { clients, last, ...counted } = row as Record<string, unknown>
  return {
    counts: columns.map((_, index) => Number(counted[`count_${index}`])),
    end: Number(clients) < chunkSize ? null : String(last),
  }
}
