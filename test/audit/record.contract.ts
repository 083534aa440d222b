import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql } from 'kysely'
import type { Actor } from '../../src/audit/actor.ts'
import { type AuditDetails, type AuditEvent, announceAuditEvents } from '../../src/audit/record.ts'
import type { Store } from '../../src/database/store.ts'
import type { OpenStore } from '../database/stores.ts'
import { audited } from './audited.ts'

export const actor: Actor = {
  principal: {
    subject: 'ana',
    clientId: 'portal',
    actingParties: ['gateway', 'portal'],
    teams: ['payments', 'shop'],
    scopes: new Set<string>(),
  },
  requestId: 'request',
  address: '192.0.2.7',
}

/** Writes one event under that operation id. */
const record = (store: Store, operationId: string): Promise<void> =>
  audited(store).write((_trx, write) =>
    write(actor, { action: 'client.create', outcome: 'done', operation_id: operationId }),
  )

/** What holds for the audit trail on either engine. */
export const checkAuditTrail = (engine: string, openStore: OpenStore): void => {
  describe(`audit trail on ${engine}`, () => {
    checkAppendOnly(openStore)
    checkContents(openStore)
    checkAnnouncements(engine, openStore)
  })
}

const checkAppendOnly = (openStore: OpenStore): void => {
  const changes = ["update audit_event set outcome = 'failed'", 'delete from audit_event']
  for (const change of changes) {
    test(`the database refuses: ${change}`, async t => {
      const store = await openStore(t)
      await record(store, 'first')
      await assert.rejects(
        store.write(trx => sql.raw(change).execute(trx)),
        /audit_event is append-only/,
      )
      const rows = await store.db.selectFrom('audit_event').select(['operation_id', 'outcome']).execute()
      assert.deepEqual(
        rows.map(row => ({ ...row })),
        [{ operation_id: 'first', outcome: 'done' }],
      )
    })
  }
}

const checkContents = (openStore: OpenStore): void => {
  test('an event tells who did it, for whom, through which client, from where, and when', async t => {
    const store = await openStore(t)
    await record(store, 'operation')
    const [row] = await store.db.selectFrom('audit_event').selectAll().execute()
    const { audit_event_id: id, at, ...event } = row ?? {}
    assert.equal(Number(id), 1)
    assert.match(at ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.deepEqual(
      { ...event },
      {
        action: 'client.create',
        outcome: 'done',
        reason: null,
        rule: null,
        subject: 'ana',
        actor_client_id: 'portal',
        teams: '["payments","shop"]',
        acting_parties: '["gateway","portal"]',
        address: '192.0.2.7',
        as_admin: 0,
        team: null,
        client_id: null,
        operation_id: 'operation',
        request_id: 'request',
      },
    )
  })

  test('an event is one of an admin where nothing but the admin scope lets the caller do it', async t => {
    const store = await openStore(t)
    const scopes = new Set(['web-session-clients:admin'])
    const admin = { ...actor, principal: { ...actor.principal, scopes } }
    const done = { action: 'client.update', outcome: 'done', team: 'other' } as const
    const events: [Actor, AuditDetails, number][] = [
      [admin, done, 1],
      [admin, { ...done, outcome: 'refused' }, 1],
      [admin, { ...done, team: 'shop' }, 0],
      [admin, { ...done, team: null }, 0],
      [{ ...admin, asAdmin: true }, { ...done, team: 'shop' }, 1],
      [actor, done, 0],
      [admin, { ...done, action: 'secret.redeem' }, 0],
      [admin, { ...done, action: 'retrieval.look-up' }, 0],
    ]
    await audited(store).write(async (_trx, write) => {
      for (const [by, details] of events) await write(by, details)
    })
    const rows = await store.db
      .selectFrom('audit_event')
      .select('as_admin')
      .orderBy('audit_event_id')
      .execute()
    assert.deepEqual(
      rows.map(row => row.as_admin),
      events.map(([, , expected]) => expected),
    )
  })
}

const checkAnnouncements = (engine: string, openStore: OpenStore): void => {
  const open = async (t: Parameters<OpenStore>[0]) => {
    const announced: AuditEvent[] = []
    const store = announceAuditEvents(await openStore(t), {
      announce: event => announced.push(event),
      onFailure: assert.fail,
    })
    return { store, operations: () => announced.map(event => event.operation_id) }
  }

  test('an event is announced after its commit, and one that was rolled back never', async t => {
    const { store, operations } = await open(t)
    await store.write(async (_trx, record) => {
      await record(actor, { action: 'client.create', outcome: 'done', operation_id: 'kept' })
      assert.deepEqual(operations(), [])
    })
    assert.deepEqual(operations(), ['kept'])
    const undone = store.write(async (_trx, record) => {
      await record(actor, { action: 'client.create', outcome: 'done', operation_id: 'undone' })
      throw new Error('undone')
    })
    await assert.rejects(undone, /undone/)
    assert.deepEqual(operations(), ['kept'])
  })

  test(`of writes at once each announces its own events, on ${engine} also where they share a commit`, async t => {
    const { store, operations } = await open(t)
    const names = Array.from({ length: 20 }, (_, index) => `operation ${index}`)
    const writes = names.map((name, index) =>
      store.write(async (_trx, record) => {
        await record(actor, { action: 'client.create', outcome: 'done', operation_id: name })
        if (index % 2 === 1) throw new Error('undone')
      }),
    )
    await Promise.allSettled(writes)
    assert.deepEqual(operations().toSorted(), names.filter((_, index) => index % 2 === 0).toSorted())
  })
}
