import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { findAuditEvents, type Search } from '../../src/audit/find-events.ts'
import type { Database, NewAuditEvent } from '../../src/database/schema.ts'
import type { Store } from '../../src/database/store.ts'
import type { OpenStore } from '../database/stores.ts'

const everything: Search = { teams: 'any', limit: 1000, before: undefined }

/** Adds one event for each of these, a second after the other unless they say when. */
const fill = async (store: Store, events: Partial<NewAuditEvent>[]): Promise<void> => {
  const rows = events.map((event, index) => ({
    at: new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString(),
    action: 'client.create' as const,
    outcome: 'done' as const,
    reason: null,
    rule: null,
    subject: 'ana',
    actor_client_id: null,
    teams: null,
    acting_parties: null,
    address: null,
    team: null,
    client_id: null,
    operation_id: null,
    request_id: String(index),
    ...event,
  }))
  for (let from = 0; from < rows.length; from += 500)
    await store.write(trx =>
      trx
        .insertInto('audit_event')
        .values(rows.slice(from, from + 500))
        .execute(),
    )
}

/** The numbers of the events of every page, each page's apart. */
const readPages = async (store: Store, search: Search): Promise<string[][]> => {
  const pages: string[][] = []
  for (let before = search.before; ; ) {
    const { events, next } = await findAuditEvents(store.db, { ...search, before })
    pages.push(events.map(({ request_id: number }) => number))
    if (!next) return pages
    before = next
  }
}

const many = (count: number, event: Partial<NewAuditEvent> = {}): Partial<NewAuditEvent>[] =>
  Array.from({ length: count }, () => event)

/** What holds for the search on either engine. */
export const checkSearch = (engine: string, openStore: OpenStore, explain: Explain): void => {
  describe(`audit events on ${engine}`, () => {
    checkPages(openStore)
    checkVisibility(openStore)
    checkBounds(openStore, explain)
  })
}

const checkPages = (openStore: OpenStore): void => {
  test('come newest first, each on exactly one page, also those of the same millisecond', async t => {
    const store = await openStore(t)
    await fill(store, many(7, { at: '2026-01-01T00:00:00.000Z' }))
    assert.deepEqual(await readPages(store, { ...everything, limit: 3 }), [
      ['6', '5', '4'],
      ['3', '2', '1'],
      ['0'],
    ])
    assert.deepEqual(await readPages(store, { ...everything, limit: 7 }), [
      ['6', '5', '4', '3', '2', '1', '0'],
    ])
  })

  test('of several teams are one list in order of time, whoever has how many', async t => {
    const store = await openStore(t)
    const teams = ['a', 'b', 'c', 'a', 'a', 'b', null, 'a']
    await fill(
      store,
      teams.map(team => ({ team })),
    )
    assert.deepEqual(await readPages(store, { ...everything, teams: ['a', 'b'], limit: 2 }), [
      ['7', '5'],
      ['4', '3'],
      ['1', '0'],
    ])
    assert.deepEqual(await readPages(store, { ...everything, teams: [] }), [[]])
  })

  test('are filtered by all that is asked for, from since (with it) until (without it)', async t => {
    const store = await openStore(t)
    await fill(store, [
      { client_id: 'a', subject: 'ana', outcome: 'refused', action: 'secret.redeem' },
      { client_id: 'b', subject: 'ben', outcome: 'done', action: 'secret.redeem' },
      { client_id: 'a', subject: 'ben', outcome: 'refused', action: 'client.read' },
    ])
    const numbers = async (search: Partial<Search>) =>
      (await readPages(store, { ...everything, ...search })).flat().join(' ')
    assert.equal(await numbers({ clientId: 'a' }), '2 0')
    assert.equal(await numbers({ subject: 'ben' }), '2 1')
    assert.equal(await numbers({ outcome: 'refused' }), '2 0')
    assert.equal(await numbers({ action: 'secret.redeem' }), '1 0')
    assert.equal(await numbers({ clientId: 'a', subject: 'ben', outcome: 'refused' }), '2')
    assert.equal(await numbers({ since: '2026-01-01T00:00:01.000Z' }), '2 1')
    assert.equal(await numbers({ until: '2026-01-01T00:00:01.000Z' }), '0')
    assert.equal(await numbers({ clientId: 'c' }), '')
  })
}

const checkVisibility = (openStore: OpenStore): void => {
  test('of other teams and of none are not found, whatever index leads to them', async t => {
    const store = await openStore(t)
    const shared = { client_id: 'a', subject: 'ana' }
    await fill(store, [
      { ...shared, team: 'own' },
      { ...shared, team: 'other' },
      { ...shared, team: null },
    ])
    for (const filter of [{}, { clientId: 'a' }, { subject: 'ana' }, { clientId: 'a', subject: 'ana' }])
      assert.deepEqual(await readPages(store, { ...everything, ...filter, teams: ['own'] }), [['0']])
    assert.deepEqual(await readPages(store, { ...everything, clientId: 'a' }), [['2', '1', '0']])
  })
}

/** The plan of a query, in the words of the engine. */
export type Explain = (db: Kysely<Database>, query: string) => Promise<string>

const checkBounds = (openStore: OpenStore, explain: Explain): void => {
  test('that are rare among very many are found within several requests, each of which reads no more than 5,000', async t => {
    const store = await openStore(t)
    await fill(store, [{ subject: 'rare' }, ...many(12_000)])
    const pages = await readPages(store, { ...everything, subject: 'rare', limit: 50 })
    assert.deepEqual(pages, [[], [], ['0']])
  })

  test('are read by an index in the order of the answer: nothing is sorted', async t => {
    const store = await openStore(t)
    await fill(
      store,
      many(5_000).map((_, index) => ({ team: `t${index % 7}`, client_id: `c${index}` })),
    )
    const order = "at < '2026-01-01T01:00:00.000Z' order by at desc, audit_event_id desc limit 50"
    for (const condition of ['', "team = 't1' and", "client_id = 'c1' and"]) {
      const plan = await explain(store.db, `select * from audit_event where ${condition} ${order}`)
      assert.match(plan, /audit_event_by_(time|team|client)/)
      assert.doesNotMatch(plan, /sort|temp b-tree/i)
    }
  })
}

export const explainOnSqlite: Explain = async (db, query) =>
  JSON.stringify((await sql.raw(`explain query plan ${query}`).execute(db)).rows)

export const explainOnPostgres: Explain = async (db, query) => {
  await sql.raw('analyze audit_event').execute(db)
  return JSON.stringify((await sql.raw(`explain ${query}`).execute(db)).rows)
}
