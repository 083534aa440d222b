import { databaseTime } from '../database/database-time.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { IssuedRetrieval } from './issue.ts'

type NewRetrieval = Pick<IssuedRetrieval, 'retrievalId' | 'sealed' | 'redeemableBy' | 'expiresAt'> & {
  clientId: string
  team: string
  /** Of the caller that it is issued to. */
  subject: string
  /** OAuth client of that caller, empty where its access token names none. */
  oauthClientId: string
  /** Until when a former secret of the client works; null where there is none. */
  previousEndsAt: string | null
}

/** Stores an issued retrieval: its sealed secret, and its token only as a digest. */
export const insertRetrieval = prepare((db, value: Placeholders<NewRetrieval>) =>
  db.insertInto('retrieval').values({
    retrieval_id: value.retrievalId,
    client_id: value.clientId,
    team: value.team,
    redeemable_by: value.redeemableBy,
    state: 'outstanding',
    sealed: value.sealed,
    created_at: databaseTime,
    created_by: value.subject,
    created_by_client_id: value.oauthClientId,
    expires_at: value.expiresAt,
    redeemed_at: null,
    redeemed_by: null,
    previous_ends_at: value.previousEndsAt,
  }),
)
