import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOfService } from '../../src/audit/actor.ts'
import type { ClientRow } from '../../src/database/schema.ts'
import type { DriftState } from '../../src/database/vocabulary.ts'
import { markDrift } from '../../src/web-session-clients/mark-drift.ts'
import { audited } from '../audit/audited.ts'
import { onEachEngine } from '../database/engines.ts'
import { clientRow, operationRow } from '../database/rows.ts'
import type { OpenStore } from '../database/stores.ts'

const start = async (t: Parameters<OpenStore>[0], openStore: OpenStore) => {
  const store = audited(await openStore(t))
  await store.write(trx => trx.insertInto('client').values(clientRow({})).execute())
  const read = () => store.db.selectFrom('client').selectAll().executeTakeFirstOrThrow()
  const mark = (row: ClientRow, state: DriftState | null) =>
    markDrift(store, actorOfService('drift', 'walk'), row, state)
  const events = async () => {
    const rows = await store.db.selectFrom('audit_event').selectAll().orderBy('audit_event_id').execute()
    return rows.map(({ action, outcome, reason }) => `${action} ${outcome} ${reason}`)
  }
  return { store, read, mark, events }
}

/** What has happened to a client since it was read. */
const meanwhile: [string, (store: ReturnType<typeof audited>) => Promise<unknown>][] = [
  ['has been changed', ({ write }) => write(trx => trx.updateTable('client').set({ version: 2 }).execute())],
  [
    'has a new secret',
    ({ write }) => write(trx => trx.updateTable('client').set({ operation_id: 'other' }).execute()),
  ],
  [
    'is being changed',
    ({ write }) =>
      write(trx =>
        trx
          .insertInto('operation')
          .values(operationRow({ operation_id: 'open', kind: 'update' }))
          .execute(),
      ),
  ],
  ['has been deleted', ({ write }) => write(trx => trx.deleteFrom('client').execute())],
]

onEachEngine('marking a client that has drifted', openStore => {
  test('is written once with its time and one event, whoever else has found the same', async t => {
    const { read, mark, events } = await start(t, openStore)
    const row = await read()
    await Promise.all([mark(row, 'changed'), mark(row, 'changed')])
    const { drift, drift_found_at: foundAt } = await read()
    assert.equal(drift, 'changed')
    assert.ok(Math.abs(Date.parse(foundAt ?? '') - Date.now()) < 60_000)
    assert.deepEqual(await events(), ['client.drift found changed'])
  })

  test('is another event where it has drifted otherwise, and where it is as it was set again', async t => {
    const { read, mark, events } = await start(t, openStore)
    for (const state of ['changed', 'missing', null] as const) await mark(await read(), state)
    const { drift, drift_found_at: foundAt } = await read()
    assert.deepEqual([drift, foundAt], [null, null])
    assert.deepEqual(await events(), [
      'client.drift found changed',
      'client.drift found missing',
      'client.drift resolved null',
    ])
  })

  test('is by the service itself, about the client and its team', async t => {
    const { store, read, mark } = await start(t, openStore)
    await mark(await read(), 'foreign')
    const event = await store.db.selectFrom('audit_event').selectAll().executeTakeFirstOrThrow()
    const { subject, team, client_id: clientId, request_id: requestId } = event
    assert.deepEqual(
      [subject, team, clientId, requestId],
      ['web-session-clients:drift', 'payments', 'pa_wam', 'walk'],
    )
  })

  for (const [what, change] of meanwhile)
    test(`is left out, and so is its event, where the client ${what} meanwhile`, async t => {
      const { store, read, mark, events } = await start(t, openStore)
      const row = await read()
      await change(store)
      await mark(row, 'changed')
      const left = await store.db.selectFrom('client').select('drift').execute()
      assert.deepEqual(
        left.filter(({ drift }) => drift !== null),
        [],
      )
      assert.deepEqual(await events(), [])
    })
})
