import { createSecretKey, randomBytes } from 'node:crypto'
import { openSqlite } from '../../src/database/sqlite.ts'
import { issueRetrieval } from '../../src/secret-retrievals/issue.ts'

const rowsPerStatement = 500
const ttlSeconds = 3600

type Options = { databasePath: string; secretKey: string; team: string; count: number }

/** Puts outstanding retrievals into a database, as so many creates would have, and returns their tokens. */
export const prepareRetrievals = async ({
  databasePath,
  secretKey,
  team,
  count,
}: Options): Promise<string[]> => {
  const store = await openSqlite({ path: databasePath, now: Date.now })
  const world = { now: Date.now, randomBytes, secretKey: createSecretKey(secretKey, 'base64url') }
  const tokens: string[] = []
  const issue = () => {
    const clientId = `prepared_${tokens.length}`
    const issued = issueRetrieval(
      { clientId, ttlSeconds, redeemableBy: 'team', tokenBytes: undefined },
      world,
    )
    tokens.push(issued.token.reveal())
    return {
      retrieval_id: issued.retrievalId,
      client_id: clientId,
      team,
      redeemable_by: issued.redeemableBy,
      state: 'outstanding' as const,
      sealed: issued.sealed,
      created_at: new Date().toISOString(),
      created_by: 'bench',
      expires_at: issued.expiresAt,
    }
  }
  while (tokens.length < count) {
    const rows = Array.from({ length: Math.min(rowsPerStatement, count - tokens.length) }, issue)
    await store.write(trx => trx.insertInto('retrieval').values(rows).execute(), { durable: false })
  }
  await store.close()
  return tokens
}
