import type { Insertable } from 'kysely'
import type { Database } from '../../src/database/schema.ts'

const past = '2026-01-01T00:00:00.000Z'
export const farFuture = '9999-01-01T00:00:00.000Z'

export const clientRow = (
  values: Partial<Insertable<Database['client']>>,
): Insertable<Database['client']> => ({
  client_id: 'pa_wam',
  team: 'payments',
  name: 'pa_wam',
  search_text: 'pa_wam\npa_wam',
  state: 'active',
  replication: 'ready',
  settings: '{}',
  operation_id: 'operation',
  retrieval_id: 'retrieval',
  drift: null,
  drift_found_at: null,
  delivery: null,
  saved_at: null,
  created_at: past,
  created_by: 'ana',
  updated_at: past,
  ...values,
})

export const operationRow = (
  values: Partial<Insertable<Database['operation']>>,
): Insertable<Database['operation']> => ({
  operation_id: 'operation',
  kind: 'create',
  client_id: 'pa_wam',
  team: 'payments',
  state: 'intended',
  failure: null,
  retrieval_id: 'retrieval',
  refusal: null,
  request_id: 'request',
  requested_by: 'ana',
  created_at: past,
  lease_until: past,
  finished_at: null,
  ...values,
})

export const retrievalRow = (
  values: Partial<Insertable<Database['retrieval']>>,
): Insertable<Database['retrieval']> => ({
  retrieval_id: 'retrieval',
  client_id: 'pa_wam',
  team: 'payments',
  redeemable_by: 'team',
  state: 'outstanding',
  sealed: 'sealed',
  created_at: past,
  created_by: 'ana',
  expires_at: farFuture,
  redeemed_at: null,
  redeemed_by: null,
  ...values,
})
