import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expireRetrieval } from '../../src/secret-retrievals/expire.ts'
import { retrievalRow } from '../database/rows.ts'
import { openSqliteStore } from '../database/stores.ts'

test('only what is outstanding expires: redeemed and revoked stay what they are', async t => {
  const store = await openSqliteStore(t)
  const states = ['outstanding', 'redeemed', 'revoked'] as const
  await store.write(async trx => {
    for (const state of states) {
      await trx
        .insertInto('retrieval')
        .values(retrievalRow({ retrieval_id: state, state }))
        .execute()
      await expireRetrieval(trx, { retrieval_id: state })
    }
  })
  const rows = await store.db.selectFrom('retrieval').select(['retrieval_id', 'state']).execute()
  assert.deepEqual(
    new Map(rows.map(row => [row.retrieval_id, row.state])),
    new Map([
      ['outstanding', 'expired'],
      ['redeemed', 'redeemed'],
      ['revoked', 'revoked'],
    ]),
  )
})
