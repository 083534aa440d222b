import type { RetrievalRow } from '../database/schema.ts'

/** Where a hand-out stands, without anything that could redeem it. */
export const toRetrievalState = (row: RetrievalRow & { databaseTime: string }) => ({
  state: row.state === 'outstanding' && row.expires_at <= row.databaseTime ? ('expired' as const) : row.state,
  expiresAt: row.expires_at,
  redeemableBy: row.redeemable_by,
  redeemedAt: row.redeemed_at,
  redeemedBy: row.redeemed_by,
})
