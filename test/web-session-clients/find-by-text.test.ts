import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Store } from '../../src/database/store.ts'
import { toSearchText } from '../../src/web-session-clients/client-row.ts'
import { findByText, mostFound } from '../../src/web-session-clients/find-by-text.ts'
import { findClients } from '../../src/web-session-clients/find-clients.ts'
import { onEachEngine } from '../database/engines.ts'
import { clientRow } from '../database/rows.ts'
import { insertClients } from './many-clients.ts'

type Client = { client_id: string; name: string; team?: string }

const toRow = ({ client_id: clientId, name, team = 'payments' }: Client) =>
  clientRow({ client_id: clientId, name, team, search_text: toSearchText({ clientId, name }) })

/** Clients whose ids and names have much in common, in order. */
const usual = (count: number): Client[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ client_id: `client-${10_000 + index}`, name: 'Usual client' },
  }))

const insert = (store: Store, clients: readonly Client[]): Promise<unknown> =>
  insertClients(store, clients.map(toRow))

const tend = async ({ textIndex }: Store): Promise<void> => {
  while (await textIndex.tend());
}

const rename = (store: Store, clientId: string, name: string): Promise<unknown> =>
  store.write(trx =>
    trx
      .updateTable('client')
      .set({ name, search_text: toSearchText({ clientId, name }) })
      .where('client_id', '=', clientId)
      .execute(),
  )

const remove = (store: Store, clientId: string): Promise<unknown> =>
  store.write(trx => trx.deleteFrom('client').where('client_id', '=', clientId).execute())

/** The ids that the index finds; undefined where it is of no use. */
const lookUp = async (store: Store, search: string, after = ''): Promise<string[] | undefined> =>
  (await findByText(store, { search, after }))?.map(({ clientId }) => clientId)

/** What names are made of: letters of one and several bytes, in both cases, and what has a meaning in some language. */
const letter = fc.constantFrom(
  ...[
    'a',
    'b',
    'C',
    '1',
    '_',
    '%',
    '\\',
    '"',
    "'",
    '*',
    '-',
    ' ',
    'é',
    'É',
    'ß',
    'İ',
    'ﬁ',
    '中',
    '𝒳',
    'e\u0301',
  ],
)
const text = fc.string({ unit: letter, minLength: 1, maxLength: 8 })

onEachEngine('a text that few clients have', openStore => {
  test('200: it is found among many others at once, and not those that have its pieces in another order', async t => {
    const store = await openStore(t)
    const others = ['bill-ledger', 'ledger of bills', 'illbil', 'LED', 'bil']
    await insert(store, [
      ...usual(2_000),
      ...others.map((name, index) => ({ client_id: `z${index}`, name })),
      { client_id: 'z-found', name: 'The Ledger-Bill' },
    ])
    await tend(store)
    for (const search of ['ledger-bill', 'LEDGER-BILL', 'The Ledger', 'z-found\nthe'])
      assert.deepEqual(await lookUp(store, search), ['z-found'])
    assert.deepEqual(await lookUp(store, 'client-11999'), ['client-11999'])
    assert.deepEqual(await lookUp(store, 'client-12000'), [])
  })

  test('200: it is found as soon as it is written, by its new name and not by the former one, and not when it is gone', async t => {
    const store = await openStore(t)
    await insert(store, [...usual(200), { client_id: 'z', name: 'Invoices' }])
    for (const settle of [async () => undefined, () => tend(store)]) {
      await settle()
      assert.deepEqual(await lookUp(store, 'invoice'), ['z'])
    }
    await rename(store, 'z', 'Receipts')
    for (const settle of [async () => undefined, () => tend(store)]) {
      await settle()
      assert.deepEqual(await lookUp(store, 'invoice'), [])
      assert.deepEqual(await lookUp(store, 'receipt'), ['z'])
    }
    await remove(store, 'z')
    for (const settle of [async () => undefined, () => tend(store)]) {
      await settle()
      assert.deepEqual(await lookUp(store, 'receipt'), [])
    }
  })

  test('200: pages of it go on where the one before ended, in the order of ids, with the own teams’ clients only', async t => {
    const store = await openStore(t)
    const some = Array.from({ length: 7 }, (_, index) => ({
      ...{ client_id: `m${index}`, name: 'Invoices', team: index % 2 === 0 ? 'payments' : 'shop' },
    }))
    await insert(store, [
      ...some,
      ...usual(300),
      ...usual(300).map(each => ({ ...each, client_id: `z${each.client_id}` })),
    ])
    await tend(store)
    const read = async (teams: string[] | 'any', after?: string): Promise<string[][]> => {
      const { rows, next } = await findClients(store, { search: 'invoices', teams, limit: 3, after })
      const ids = rows.map(row => row.client_id)
      return next === undefined ? [ids] : [ids, ...(await read(teams, next))]
    }
    assert.deepEqual(await read(['payments']), [['m0', 'm2', 'm4'], ['m6']])
    assert.deepEqual(await read(['shop']), [['m1', 'm3', 'm5']])
    assert.deepEqual(await read('any'), [['m0', 'm1', 'm2'], ['m3', 'm4', 'm5'], ['m6']])
    assert.deepEqual(await read([]), [[]])
  })
})

onEachEngine('texts of which the index is of no use', openStore => {
  test('a text that everybody has, too short a one, and one that too many have are left to the walk', async t => {
    const store = await openStore(t)
    const many = Array.from({ length: mostFound + 1 }, (_, index) => ({
      ...{ client_id: `z-${10_000 + index}`, name: 'Invoices' },
    }))
    await insert(store, [...usual(500), ...many])
    for (const settle of [async () => undefined, () => tend(store)]) {
      await settle()
      assert.equal(await lookUp(store, 'client'), undefined)
      assert.equal(await lookUp(store, 'in'), undefined)
      assert.equal(await lookUp(store, 'invoices'), undefined)
    }
    await remove(store, 'z-10000')
    await tend(store)
    assert.equal((await lookUp(store, 'invoices'))?.length, mostFound)
  })

  test('200: as long as more clients are due than it may find, all of them are found by the walk', async t => {
    const store = await openStore(t)
    await insert(store, [...usual(mostFound + 1), { client_id: 'z', name: 'Invoices' }])
    const { rows } = await findClients(store, {
      ...{ teams: ['payments'], search: 'invoices', limit: 50, after: undefined },
    })
    assert.deepEqual(
      rows.map(row => row.client_id),
      ['z'],
    )
  })
})

/** Something that is done to a client after its create, with what it is called then. */
const changes: Record<string, (store: Store, clientId: string, name: string) => Promise<string | undefined>> =
  {
    left: async (_store, _clientId, name) => name,
    tended: async (store, _clientId, name) => {
      await tend(store)
      return name
    },
    renamed: async (store, clientId) => {
      await rename(store, clientId, 'b1 C')
      return 'b1 C'
    },
    deleted: async (store, clientId) => {
      await remove(store, clientId)
      return undefined
    },
  }

/** Checks both ways to find a text; whether the index was of use. */
const checkSearch = async (store: Store, names: ReadonlyMap<string, string>, search: string) => {
  const expected = [...names]
    .filter(([clientId, name]) => toSearchText({ clientId, name }).includes(search.toLowerCase()))
    .map(([clientId]) => clientId)
    .toSorted()
  const { rows } = await findClients(store, {
    ...{ teams: ['payments'], search, limit: 1_000, after: undefined },
  })
  assert.deepEqual(
    rows.map(row => row.client_id),
    expected,
  )
  const found = await lookUp(store, search)
  if (found) assert.deepEqual(found, expected)
  return found !== undefined
}

onEachEngine('any text', openStore => {
  test('200: whatever is written, renamed and deleted, a search finds each client that has the text, and no other', async t => {
    const store = await openStore(t)
    await insert(store, usual(150))
    const names = new Map(usual(150).map(client => [client.client_id, client.name]))
    let made = 0
    let lookedUp = 0
    const check = async (name: string, other: string, change: string) => {
      made += 1
      const clientId = `new-${made}`
      await insert(store, [{ client_id: clientId, name }])
      const called = await changes[change]?.(store, clientId, name)
      if (called !== undefined) names.set(clientId, called)
      const middle = [...`${clientId}\n${name}`].slice(2, 9).join('')
      for (const search of [name, other, middle]) if (await checkSearch(store, names, search)) lookedUp += 1
    }
    const change = fc.constantFrom(...Object.keys(changes))
    await fc.assert(fc.asyncProperty(text, text, change, check), { numRuns: 150 })
    assert.ok(lookedUp > 20, `${lookedUp} by the index`)
  })
})
