import type { RetrievalRow } from '../database/schema.ts'

/** Where a hand-out stands, without anything that could redeem it. */
export const toRetrievalState = (row: RetrievalRow & { databaseTime: string }) => ({
  state: row.state === 'outstanding' && row.expires_at <= row.databaseTime ? ('expired' as const) : row.state,
  expiresAt: row.expires_at,
  redeemableBy: row.redeemable_by,
  redeemedAt: row.redeemed_at,
  redeemedBy: row.redeemed_by,
})

/** What is known of the secret that it hands out, and of the one before. */
export const toSecretState = ({
  created_at: createdAt,
  previous_ends_at: endsAt,
  databaseTime,
}: RetrievalRow & { databaseTime: string }) => ({
  secretChangedAt: createdAt,
  previousSecretEndsAt: endsAt !== null && endsAt > databaseTime ? endsAt : null,
})
