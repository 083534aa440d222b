import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientsPerPage } from '../../src/pingfederate/client-calls.ts'
import { parseClients } from '../../src/pingfederate/oauth-client.ts'
import { type Visitor, walkClients } from '../../src/web-session-clients/walk-clients.ts'

const { signal } = new AbortController()

/** A visitor that writes down what it is told. */
const createWitness = () => {
  const told: unknown[] = []
  const visitor: Visitor = {
    visit: async clients => void told.push(clients.length),
    end: async isComplete => void told.push(isComplete),
  }
  return { told, visitor }
}

/** So many clients, and everything that happens in its order. */
const createPages = (count: number) => {
  const happened: string[] = []
  const clients = parseClients({
    items: Array.from({ length: count }, (_, index) => ({ clientId: `c${index}` })),
  })
  return {
    happened,
    pause: async () => void happened.push('pause'),
    pingFederate: {
      listClients: async (page: number) => {
        happened.push(`page ${page}`)
        return clients.slice((page - 1) * clientsPerPage, page * clientsPerPage)
      },
    },
  }
}

test('every page is read once for all who look at it, one after another with a pause between', async () => {
  const [one, other] = [createWitness(), createWitness()]
  const pages = createPages(2 * clientsPerPage + 1)
  await walkClients(pages, [one.visitor, other.visitor], signal)
  assert.deepEqual(one.told, [clientsPerPage, clientsPerPage, 1, true])
  assert.deepEqual(other.told, one.told)
  assert.deepEqual(pages.happened, ['page 1', 'pause', 'page 2', 'pause', 'page 3'])
})

test('a walk that was stopped reads no further page and is not complete', async () => {
  const { told, visitor } = createWitness()
  const stopping = new AbortController()
  const pages = createPages(2 * clientsPerPage)
  const pause = async () => stopping.abort()
  await walkClients({ ...pages, pause }, [visitor], stopping.signal)
  assert.deepEqual([told, pages.happened], [[clientsPerPage, false], ['page 1']])
})

test('where a page cannot be read nobody is told of an end', async () => {
  const { told, visitor } = createWitness()
  const failure = new Error('from a test')
  const pages = createPages(2 * clientsPerPage)
  const listClients = async (page: number) => {
    if (page === 2) throw failure
    return pages.pingFederate.listClients(page)
  }
  await assert.rejects(walkClients({ ...pages, pingFederate: { listClients } }, [visitor], signal), failure)
  assert.deepEqual(told, [clientsPerPage])
})

test('pages that do not end are given up: no walk is complete, and it has failed', async () => {
  const { told, visitor } = createWitness()
  const { pause, pingFederate } = createPages(clientsPerPage)
  const listClients = () => pingFederate.listClients(1)
  await assert.rejects(walkClients({ pause, pingFederate: { listClients } }, [visitor], signal), /do not end/)
  assert.deepEqual([told.length, told.at(-1)], [4_001, false])
})
