import { type Kysely, sql } from 'kysely'
import type { Database, RetrievalRow } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Principal } from '../principal.ts'
import { type About, Problem } from '../problem.ts'
import { isWellFormed, toRetrievalId } from './token.ts'

export type FoundRetrieval = RetrievalRow & { databaseTime: string }

/**
 * The retrieval a token names, if the caller is entitled to it.
 * @throws Problem `retrieval_not_found`, the same for a token nobody issued and for one that is not the caller's,
 *   `validation_failed` for a token with a wrong checksum
 */
export const getRetrieval = async (
  db: Kysely<Database>,
  token: string,
  principal: Principal,
): Promise<FoundRetrieval> => {
  if (!isWellFormed(token)) throw mistyped()
  const [row] = (await selectRetrieval(db, { retrievalId: toRetrievalId(token) })).rows
  if (row && isEntitled(row, principal)) return row
  throw new Problem('retrieval_not_found', 'No retrieval of yours has this token.', {
    about: row && { ...aboutRetrieval(row), outcome: row.state === 'redeemed' ? 'reused' : 'refused' },
  })
}

/** What the audit trail notes of a retrieval. */
export const aboutRetrieval = (row: RetrievalRow): About => ({ team: row.team, clientId: row.client_id })

/** The retrieval of that id, with the database's time to judge its expiry by. */
export const readRetrieval = async (db: Kysely<Database>, retrievalId: string): Promise<FoundRetrieval> => {
  const [row] = (await selectRetrieval(db, { retrievalId })).rows
  if (!row) throw new Error('There is no such retrieval.')
  return row
}

const selectRetrieval = prepare((db, value: Placeholders<{ retrievalId: string }>) =>
  db
    .selectFrom('retrieval')
    .selectAll()
    .select(sql<string>`database_time()`.as('databaseTime'))
    .where('retrieval_id', '=', value.retrievalId),
)

const isEntitled = (row: RetrievalRow, principal: Principal): boolean => {
  if (row.redeemable_by === 'bearer') return true
  if (!principal.teams.includes(row.team)) return false
  return row.redeemable_by === 'team' || isRequester(row, principal)
}

/** A subject can come through several OAuth clients, and what one of them was given is not for the others. */
const isRequester = (row: RetrievalRow, { subject, clientId = '' }: Principal): boolean => {
  const { created_by: createdBy, created_by_client_id: createdThrough } = row
  // Version 0.5 and older have not kept the OAuth client: there the subject decides.
  return createdBy === subject && (createdThrough === null || createdThrough === clientId)
}

const mistyped = (): Problem =>
  new Problem('validation_failed', 'One rule is broken; nothing was changed.', {
    violations: [
      {
        in: 'body',
        pointer: '/token',
        rule: 'checksum',
        detail: 'The token was mistyped or cut: its checksum does not fit.',
        fix: 'Send the token exactly as it was answered.',
      },
    ],
  })
