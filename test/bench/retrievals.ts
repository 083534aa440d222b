import { randomBytes } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../../src/database/schema.ts'
import { issueRetrieval } from '../../src/secret-retrievals/issue.ts'
import { fill } from './fill.ts'
import { team } from './targets.ts'

const rowsPerStatement = 500
/** All of a million at once would take longer than the store lets a statement take. */
const othersPerStatement = 50_000
const ttlSeconds = 3600

type Options = {
  /** Environment of the service whose database it is. */
  env: Record<string, string>
  /** Retrievals whose tokens are known. */
  count: number
  /** Retrievals beside them that nobody redeems. */
  others?: number
}

/** Puts outstanding retrievals into a database, as so many creates would have, and returns the tokens of some. */
export const prepareRetrievals = ({ env, count, others = 0 }: Options): Promise<string[]> =>
  fill(env, async (store, config) => {
    const world = { now: Date.now, randomBytes, secretKey: config.secretKeys[0] }
    const issue = () => {
      const wanted = {
        clientId: 'prepared',
        ttlSeconds,
        redeemableBy: 'team',
        tokenBytes: undefined,
      } as const
      return issueRetrieval(wanted, world)
    }
    const tokens: string[] = []
    while (tokens.length < count) {
      const length = Math.min(rowsPerStatement, Math.ceil(count - tokens.length))
      const issued = Array.from({ length }, issue)
      const rows = issued.map(({ retrievalId, sealed, expiresAt }) => toRow(retrievalId, sealed, expiresAt))
      await store.write(trx => trx.insertInto('retrieval').values(rows).execute(), { durable: false })
      tokens.push(...issued.map(({ token }) => token.reveal()))
    }
    const { expiresAt } = issue()
    for (let from = 0; from < others; from += othersPerStatement) {
      const to = Math.min(from + othersPerStatement, others)
      await store.write(trx => insertOthers(trx, { from, to, expiresAt }), { durable: false })
    }
    return tokens
  })

const toRow = (retrievalId: string, sealed: string, expiresAt: string) => ({
  retrieval_id: retrievalId,
  client_id: 'prepared',
  team,
  redeemable_by: 'team' as const,
  state: 'outstanding' as const,
  sealed,
  created_at: new Date().toISOString(),
  created_by: 'bench',
  expires_at: expiresAt,
})

type Others = { from: number; to: number; expiresAt: string }

/** Their ids are as long, and as far apart, as those of real ones; what is sealed in them opens with no token. */
const insertOthers = (trx: Kysely<Database>, { from, to, expiresAt }: Others) => {
  const random = (length: number) =>
    sql`substr(cast(random() as text) || ${'x'.repeat(length)}, 1, ${sql.lit(length)})`
  return sql`
    with recursive n(i) as (select ${sql.lit(from + 1)} union all select i + 1 from n where i < ${sql.lit(to)})
    insert into retrieval (retrieval_id, client_id, team, redeemable_by, state, sealed, created_at, created_by, expires_at)
    select cast(100000000000 + i as text) || '-' || ${random(43)}, 'other', ${team}, 'team', 'outstanding', ${random(96)},
      database_time(), 'bench', ${expiresAt} from n`.execute(trx)
}
