import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import type { Store } from '../../src/database/store.ts'
import { clientsPerPage } from '../../src/pingfederate/client-calls.ts'
import { withSettings } from '../../src/pingfederate/client-fields.ts'
import { PingFederateFailure } from '../../src/pingfederate/failure.ts'
import type { Json } from '../../src/pingfederate/json.ts'
import { parseClient, parseClients } from '../../src/pingfederate/oauth-client.ts'
import { sweepDrift } from '../../src/web-session-clients/sweep-drift.ts'
import { audited } from '../audit/audited.ts'
import { onEachEngine } from '../database/engines.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { farFuture, operationRow } from '../database/rows.ts'
import type { OpenStore } from '../database/stores.ts'
import { openPostgresStore, openSqliteStore } from '../database/stores.ts'
import { changed, fill, filled, settings } from '../pingfederate/console.ts'
import { newClient } from '../pingfederate/upstream.ts'
import { readEvents, readMarks, rowOf, startSweeps, sweep } from './sweeps.ts'

const server = usePostgresServer()
const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'

/** The page of a proxy. */
const page = { kind: 'status', status: 404, body: '<html>' } as const

/** PingFederate's side of clients, which counts the single looks at them. */
const createKnown = (bodies: readonly Json[]) => {
  const looks: string[] = []
  return {
    looks,
    listClients: async (number: number) =>
      parseClients({ items: bodies.slice((number - 1) * clientsPerPage, number * clientsPerPage) }),
    findClient: async (id: string) => {
      looks.push(id)
      return parseClient(bodies.find(({ clientId }) => clientId === id))
    },
  }
}

const addRows = ({ write }: Store, rows: ReturnType<typeof rowOf>[]): Promise<unknown> =>
  write(async trx => {
    for (let first = 0; first < rows.length; first += 100)
      await trx
        .insertInto('client')
        .values(rows.slice(first, first + 100))
        .execute()
  })

const checkFields = (openStore: OpenStore): void => {
  test('marks none of 1,000 clients that nobody has touched, whatever PingFederate has filled in, and looks at none again', async t => {
    const store = await openStore(t)
    const drawn = fc.sample(fc.tuple(settings, filled), { numRuns: 1_000, seed: 7 })
    const clients = drawn.map(([chosen, ways], index) => {
      const client = newClient(chosen, `client-${index}`)
      const body = withSettings({}, client, { operationId, version: [12, 1] })
      return {
        row: rowOf(client.clientId, operationId, chosen),
        body: fill({ ...body, clientId: client.clientId }, ways),
      }
    })
    await addRows(
      store,
      clients.map(({ row }) => row),
    )
    const known = createKnown(clients.map(({ body }) => body))
    await sweep(store, known)
    assert.deepEqual([await readMarks(store), await readEvents(store), known.looks], [{}, [], []])
  })

  test('finds every managed field that was changed in the console', async t => {
    const store = await openStore(t)
    const edits = [...changed.map(([edit]) => edit), { description: 'By hand' }]
    const ids = edits.map((_, index) => `client-${String(index).padStart(2, '0')}`)
    await addRows(
      store,
      ids.map(id => rowOf(id, operationId)),
    )
    const bodies = edits.map((edit, index) => {
      const client = newClient({}, ids[index])
      const body = withSettings({}, client, { operationId, version: [12, 1] })
      return { ...body, clientId: client.clientId, ...edit }
    })
    await sweep(store, createKnown(bodies))
    assert.deepEqual(await readMarks(store), Object.fromEntries(ids.map(id => [id, 'changed'])))
    assert.deepEqual(
      await readEvents(store),
      ids.map(id => `${id} found changed`),
    )
  })
}

const checkStates = (openStore: OpenStore): void => {
  test('tells what is changed, switched on again, missing and another installation’s, and what lacks its marker is changed', async t => {
    const { store, add, edit, remove, ...swept } = await startSweeps(t, await openStore(t))
    for (const id of ['gone', 'kept', 'named', 'other', 'unmarked']) await add(id)
    await add('off', { enabled: false })
    await add('still-off', { enabled: false })
    await edit('named', { name: 'Shop' })
    await edit('off', { enabled: true, name: 'Shop' })
    await edit('other', { description: `x [web-session-clients ${randomUUIDv7()}]` })
    await edit('unmarked', { description: 'Web session client of payments' })
    await remove('gone')
    const before = swept.sandbox.pingFederate.clients()
    await swept.sweep()
    assert.deepEqual(await readMarks(store), {
      gone: 'missing',
      named: 'changed',
      off: 'reenabled',
      other: 'foreign',
      unmarked: 'changed',
    })
    assert.deepEqual((await readEvents(store)).toSorted(), [
      'gone found missing',
      'named found changed',
      'off found reenabled',
      'other found foreign',
      'unmarked found changed',
    ])
    assert.deepEqual(swept.sandbox.pingFederate.clients(), before)
  })
}

const checkRepeating = (openStore: OpenStore): void => {
  test('tells nothing new of what is as it was found, and asks for no such client alone', async t => {
    const { store, add, edit, remove, calls, ...swept } = await startSweeps(t, await openStore(t))
    for (const id of ['gone', 'named']) await add(id)
    await edit('named', { name: 'Shop' })
    await remove('gone')
    await swept.sweep()
    const [before, asked] = [await readEvents(store), calls().length]
    await swept.sweep()
    assert.deepEqual(await readEvents(store), before)
    assert.deepEqual(calls().slice(asked), ['GET /oauth/clients'])
  })

  test('takes the mark off what is as it was set again', async t => {
    const { store, add, edit, ...swept } = await startSweeps(t, await openStore(t))
    await add('named')
    await edit('named', { name: 'Shop' })
    await swept.sweep()
    await edit('named', { name: newClient().name })
    await swept.sweep()
    assert.deepEqual(await readMarks(store), {})
    assert.deepEqual(await readEvents(store), ['named found changed', 'named resolved'])
  })

  test('compares a client of version 0.5.0 with what that has set without storing it', async t => {
    const { store, add, ...swept } = await startSweeps(t, await openStore(t))
    const { enabled, callbackUnder, accessTokenManager, ...former } = newClient().settings
    await add('former')
    await store.write(trx =>
      trx
        .updateTable('client')
        .set({ settings: JSON.stringify(former) })
        .execute(),
    )
    await swept.sweep()
    assert.deepEqual(await readMarks(store), {})
  })
}

const checkCaution = (openStore: OpenStore): void => {
  test('leaves alone what is being changed, what is not made yet, and what was made after it began', async t => {
    const { store, add, addRow, edit, ...swept } = await startSweeps(t, await openStore(t))
    const open = operationRow({ operation_id: 'open', kind: 'update', client_id: 'held' })
    await add('held')
    await edit('held', { name: 'Shop' })
    await addRow({ ...rowOf('held-and-gone', operationId) })
    await addRow({ ...rowOf('reserved', operationId), state: 'provisioning' })
    await addRow({ ...rowOf('later', operationId), created_at: farFuture })
    await store.write(trx =>
      trx
        .insertInto('operation')
        .values([open, { ...open, operation_id: 'other', client_id: 'held-and-gone' }])
        .execute(),
    )
    const asked = swept.calls().length
    await swept.sweep()
    assert.deepEqual(await readMarks(store), {})
    assert.deepEqual(swept.calls().slice(asked), ['GET /oauth/clients'])
  })

  test('marks nothing by what was read before somebody has put it right, or changed the client here', async t => {
    const { store, add, edit, pingFederate } = await startSweeps(t, await openStore(t))
    for (const id of ['changed-here', 'put-right']) await add(id)
    for (const id of ['changed-here', 'put-right']) await edit(id, { name: 'Shop' })
    const findClient = async (id: string) => {
      if (id === 'put-right') await edit(id, { name: newClient().name })
      const found = await pingFederate.findClient(id)
      if (id === 'changed-here')
        await store.write(trx =>
          trx.updateTable('client').set({ version: 2 }).where('client_id', '=', id).execute(),
        )
      return found
    }
    await sweep(store, { ...pingFederate, findClient })
    assert.deepEqual([await readMarks(store), await readEvents(store)], [{}, []])
  })
}

const checkFailures = (openStore: OpenStore): void => {
  test('a proxy’s 404 is no absence: the client is not marked, others are, and the round has failed', async t => {
    const { store, add, remove, sandbox, ...swept } = await startSweeps(t, await openStore(t))
    for (const id of ['behind-proxy', 'gone']) {
      await add(id)
      await remove(id)
    }
    const path = '/oauth/clients/behind-proxy'
    sandbox.pingFederate.faults.next({ match: { method: 'GET', path }, fault: { answer: page } })
    await assert.rejects(swept.sweep(), { name: 'PingFederateFailure', kind: 'unexpected' })
    assert.deepEqual(await readMarks(store), { gone: 'missing' })
    await swept.sweep()
    assert.deepEqual(await readMarks(store), { 'behind-proxy': 'missing', gone: 'missing' })
  })

  test('a PingFederate that fails half-way has no client missing, whether it fails by a page or by a look', async t => {
    const store = await openStore(t)
    const ids = Array.from({ length: clientsPerPage + 10 }, (_, index) => `client-${index}`)
    await addRows(
      store,
      ids.map(id => rowOf(id, operationId)),
    )
    const bodies = ids.map(clientId => ({
      ...withSettings({}, newClient({}, clientId), { operationId, version: [12, 1] }),
      clientId,
    }))
    const failure = new Error('from a test')
    const known = createKnown(bodies)
    const listClients = async (number: number) => {
      if (number === 2) throw failure
      return known.listClients(number)
    }
    await assert.rejects(sweep(store, { ...known, listClients }), failure)
    assert.deepEqual([await readMarks(store), known.looks], [{}, []])
    let looks = 0
    const down = new PingFederateFailure('unreachable', {})
    const findClient = async () => {
      looks += 1
      throw down
    }
    await assert.rejects(sweep(store, { ...createKnown([]), findClient }), down)
    assert.deepEqual([await readMarks(store), looks], [{}, 1])
  })

  test('a walk that has not read every page has no client missing, and asks for none', async t => {
    const store = await openStore(t)
    await addRows(store, [rowOf('unseen', operationId)])
    const dependencies = { store: audited(store), newId: () => 'walk', pause: async () => undefined }
    const pingFederate = { findClient: assert.fail }
    await sweepDrift({ ...dependencies, pingFederate }, new AbortController().signal).end(false)
    assert.deepEqual(await readMarks(store), {})
  })
}

const checkBounds = (openStore: OpenStore): void => {
  test('finds a client that a store has in another case of letters', async t => {
    const store = await openStore(t)
    await addRows(store, [rowOf('pa_wam', operationId)])
    const body = withSettings({}, newClient(), { operationId, version: [12, 1] })
    const known = createKnown([{ ...body, clientId: 'PA_WAM' }])
    await sweep(store, known)
    assert.deepEqual([await readMarks(store), known.looks], [{}, []])
  })

  test('asks one after another, each time after a pause, and nothing more once it is told to stop', async t => {
    const store = await openStore(t)
    const ids = Array.from({ length: 10 }, (_, index) => `client-${index}`)
    await addRows(
      store,
      ids.map(id => rowOf(id, operationId)),
    )
    const stopping = new AbortController()
    const happened: string[] = []
    const pingFederate = {
      listClients: async () => [],
      findClient: async () => {
        happened.push('look')
        return undefined
      },
    }
    const pause = async () => {
      happened.push('pause')
      if (happened.length > 4) stopping.abort()
    }
    await sweep(store, pingFederate, { signal: stopping.signal, pause })
    assert.deepEqual(happened, ['pause', 'look', 'pause', 'look', 'pause'])
    assert.deepEqual(Object.keys(await readMarks(store)), ['client-0', 'client-1'])
  })
}

onEachEngine('the sweep', openStore => {
  checkFields(openStore)
  checkStates(openStore)
  checkRepeating(openStore)
  checkCaution(openStore)
  checkFailures(openStore)
  checkBounds(openStore)
})

test('two replicas that find the same at once record it once', async t => {
  const database = await server.createDatabase(t)
  const [one, other] = [await openPostgresStore(t, database), await openPostgresStore(t, database)]
  const ids = Array.from({ length: 100 }, (_, index) => `client-${String(index).padStart(3, '0')}`)
  await addRows(
    one,
    ids.map(id => rowOf(id, operationId)),
  )
  const bodies = ids.slice(0, 50).map(clientId => ({
    ...withSettings({}, newClient({ requirePkce: true }, clientId), { operationId, version: [12, 1] }),
    clientId,
  }))
  await Promise.all([one, other].map(store => sweep(store, createKnown(bodies))))
  const expected = ids.map((id, index) => `${id} found ${index < 50 ? 'changed' : 'missing'}`)
  assert.deepEqual((await readEvents(one)).toSorted(), expected)
})

test('at the end of a hundred thousand clients it keeps less than twenty megabytes', async t => {
  const store = await openSqliteStore(t)
  const ids = Array.from(
    { length: 100_000 },
    (_, index) => `client-of-a-team-${String(index).padStart(6, '0')}`,
  )
  await addRows(
    store,
    ids.map(id => rowOf(id, operationId)),
  )
  const body = withSettings({}, newClient(), { operationId, version: [12, 1] })
  const toBodies = (number: number) =>
    ids.slice((number - 1) * clientsPerPage, number * clientsPerPage).map(clientId => ({ ...body, clientId }))
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  const before = process.memoryUsage().heapUsed
  let kept = Number.POSITIVE_INFINITY
  const listClients = async (number: number) => {
    const bodies = toBodies(number)
    if (bodies.length < clientsPerPage) {
      collect()
      kept = process.memoryUsage().heapUsed - before
    }
    return parseClients({ items: bodies })
  }
  await sweep(store, { listClients, findClient: assert.fail })
  // What other tests of this process have left may be collected meanwhile, and then it is less than none.
  assert.ok(kept < 20e6, `${kept} bytes`)
})
