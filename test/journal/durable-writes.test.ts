import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { Store } from '../../src/database/store.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval, lookUp, redeem } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import { untilSwept } from '../until-swept.ts'
import { ageCreates } from '../web-session-clients/age-creates.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { update } from '../web-session-clients/updates.ts'
import { deleteClient } from './delete-client.ts'
import { abandonCreate, openJournal } from './journal.ts'

type Watched = {
  service: TestService
  /** Deletes the client, and resolves to the code of the problem, if there was one. */
  remove: () => Promise<string | undefined>
  /** Whether each write since the last `forget` was durable, in their order. */
  durable: boolean[]
  forget: () => void
  putClockAhead: (ms: number) => void
}

type Options = NonNullable<Parameters<typeof startTestService>[1]>

/** A service whose first sweep is over, so that every further write is of what the test does. */
const startWatched = async (t: TestContext, options: Options): Promise<Watched> => {
  const durable: boolean[] = []
  let ahead = 0
  let watched: Store | undefined
  const wrapStore = (store: Store): Store => {
    watched = {
      ...store,
      write: (work, given) => {
        durable.push(given?.durable ?? true)
        return store.write(work, given)
      },
    }
    return watched
  }
  const service = await startTestService(t, {
    ...options,
    wrapStore,
    world: { now: () => Date.now() + ahead },
  })
  await untilSwept(service)
  const forget = () => void durable.splice(0)
  const putClockAhead = (ms: number) => {
    ahead += ms
  }
  assert.ok(watched)
  const journal = await openJournal(t, service, { aheadMs: 0, store: watched })
  const remove: Watched['remove'] = () =>
    deleteClient(journal).then(
      () => undefined,
      ({ code }) => code,
    )
  return { service, remove, durable, forget, putClockAhead }
}

const createSwitchedOff = async (service: TestService): Promise<void> => {
  await createRetrieval(service)
  assert.equal((await update(service, { enabled: false })).status, 200)
  await ageCreates(service.env['DATABASE_URL'])
}

const refuse = (service: TestService, method: string, code = 401): void =>
  void service.sandbox.pingFederate.faults.always({
    match: { method, path: method === 'POST' ? '/oauth/clients' : '/oauth/clients/pa_wam' },
    fault: { acts: false, answer: { kind: 'status', status: code } },
  })

type Kind = {
  /** What the caller did. */
  what: string
  options?: Options
  run: (watched: Watched) => Promise<unknown>
  /** The names of the writes, in their order, and whether each survives the power. */
  writes: [string, boolean][]
}

const clustered = (mode?: string): Options => ({
  sandbox: { cluster: 'clustered' },
  ...(mode && { env: { PINGFEDERATE_REPLICATION: mode } }),
})

const kinds: Kind[] = [
  {
    what: 'only waited for the first sweep',
    run: async () => undefined,
    writes: [
      ['sweep of retrievals', true],
      ['sweep of keys', true],
    ],
  },
  {
    what: 'created a client',
    run: async ({ service, forget }) => {
      forget()
      await createRetrieval(service)
    },
    writes: [
      ['create intended', true],
      ['create done', false],
    ],
  },
  {
    what: 'was refused by PingFederate',
    run: async ({ service, forget }) => {
      forget()
      refuse(service, 'POST')
      await createUnderKey(service, createKey())
    },
    writes: [
      ['create intended', true],
      ['create failed', false],
    ],
  },
  {
    what: 'was refused by the service',
    run: async ({ service, forget }) => {
      forget()
      const body = { ...smallest, team: 'cards' }
      assert.equal((await service.call('POST', '/web-session-clients', { body })).status, 403)
    },
    writes: [['refusal', false]],
  },
  {
    what: 'repeated a create that was left open',
    run: async ({ service, forget, putClockAhead }) => {
      const { key } = await abandonCreate(service, { acts: true })
      putClockAhead(laterThanLeasesMs)
      forget()
      assert.equal((await createUnderKey(service, key)).status, 201)
    },
    writes: [
      ['intent that finds the key', true],
      ['lease', false],
      ['create done', false],
    ],
  },
  {
    what: 'repeated a create that cannot be settled',
    run: async ({ service, forget, putClockAhead }) => {
      const { key } = await abandonCreate(service, { acts: true })
      putClockAhead(laterThanLeasesMs)
      forget()
      refuse(service, 'GET')
      assert.equal((await createUnderKey(service, key)).status, 504)
    },
    writes: [
      ['intent that finds the key', true],
      ['lease', false],
      ['lease given back', false],
    ],
  },
  {
    what: 'took over what a late create had left',
    options: { env: { PINGFEDERATE_TIMEOUT_MS: '400' } },
    run: async ({ service, forget, putClockAhead }) => {
      const { faults } = service.sandbox.pingFederate
      const post = { method: 'POST', path: '/oauth/clients' }
      const made = Promise.withResolvers<void>()
      const leaving = faults.next({ match: post, fault: { actAfter: made.promise } })
      const left = createKey()
      assert.equal((await createUnderKey(service, left)).body.code, 'outcome_unknown')
      putClockAhead(laterThanLeasesMs)
      faults.next({ match: post, fault: { acts: false, answer: { kind: 'status', status: 429 } } })
      assert.equal((await createUnderKey(service, left)).body.code, 'pingfederate_busy')
      // PingFederate is left alone for a second when it says 429.
      putClockAhead(1_001)
      made.resolve()
      await leaving.struck
      forget()
      assert.equal((await createUnderKey(service, createKey())).status, 201)
    },
    writes: [
      ['create intended', true],
      ['hold before the take-over', true],
      ['create done', false],
    ],
  },
  {
    what: 'created a client and got no answer that tells how it ended',
    run: async ({ service, forget }) => {
      forget()
      await abandonCreate(service, { acts: true })
    },
    writes: [
      ['create intended', true],
      ['end of the lease', false],
    ],
  },
  {
    what: 'tried a create without making anything',
    run: async ({ service, forget }) => {
      forget()
      const path = '/web-session-clients?dryRun=true'
      assert.equal((await service.call('POST', path, { body: smallest })).status, 200)
    },
    writes: [['intent that is taken back', false]],
  },
  {
    what: 'deleted a client',
    run: async ({ service, remove, forget }) => {
      await createSwitchedOff(service)
      forget()
      assert.equal(await remove(), undefined)
    },
    writes: [
      ['delete intended', true],
      ['hold before the DELETE', true],
      ['delete done', false],
    ],
  },
  {
    what: 'deleted a client and was refused by PingFederate',
    run: async ({ service, remove, forget }) => {
      await createSwitchedOff(service)
      forget()
      refuse(service, 'DELETE')
      assert.equal(await remove(), 'pingfederate_credentials_refused')
    },
    writes: [
      ['delete intended', true],
      ['hold before the DELETE', true],
      ['delete failed', false],
    ],
  },
  {
    what: 'deleted a client and got no answer that tells how it ended',
    run: async ({ service, remove, forget }) => {
      await createSwitchedOff(service)
      forget()
      service.sandbox.pingFederate.faults.next({
        match: { method: 'DELETE' },
        fault: { acts: false, answer: { kind: 'drop' } },
      })
      assert.equal(await remove(), 'outcome_unknown')
    },
    writes: [
      ['delete intended', true],
      ['hold before the DELETE', true],
    ],
  },
  {
    what: 'redeemed a secret',
    run: async ({ service, forget }) => {
      const token = await createRetrieval(service)
      forget()
      assert.equal((await redeem(service, token)).status, 200)
    },
    writes: [['redemption', true]],
  },
  {
    what: 'looked up a retrieval that has expired',
    run: async ({ service, forget, putClockAhead }) => {
      const token = await createRetrieval(service)
      putClockAhead(3_600_000)
      forget()
      assert.equal((await lookUp(service, token)).body.state, 'expired')
    },
    writes: [['expiry', true]],
  },
  {
    what: 'revoked a retrieval',
    run: async ({ service, forget }) => {
      await createRetrieval(service)
      forget()
      assert.equal((await service.call('DELETE', '/web-session-clients/pa_wam/retrieval')).status, 204)
    },
    writes: [['revocation', true]],
  },
  {
    what: 'created a client that the service publishes',
    options: clustered('trigger'),
    run: async ({ service, forget, durable }) => {
      forget()
      await createRetrieval(service)
      // Publishing goes on after the answer.
      while (durable.length < 5) await turn()
    },
    writes: [
      ['create intended', true],
      ['create done', false],
      ['publishing intended', true],
      ['publishing done', false],
      ['client published', false],
    ],
  },
  {
    what: 'created a client that the service fails to publish',
    options: clustered('trigger'),
    run: async ({ service, forget, durable }) => {
      forget()
      service.sandbox.pingFederate.faults.always({
        match: { path: '/cluster/replicate' },
        fault: { acts: false, answer: { kind: 'status', status: 500 } },
      })
      await createRetrieval(service)
      // Publishing goes on after the answer.
      while (durable.length < 5) await turn()
    },
    writes: [
      ['create intended', true],
      ['create done', false],
      ['publishing intended', true],
      ['publishing failed', false],
      ['client not published', false],
    ],
  },
  {
    what: 'read a client that has been published since',
    options: clustered(),
    run: async ({ service, forget, putClockAhead }) => {
      await createRetrieval(service)
      await callAdminApi(service.sandbox, 'POST', '/cluster/replicate')
      putClockAhead(1_001)
      forget()
      await service.call('GET', '/web-session-clients/pa_wam')
    },
    writes: [['client published', false]],
  },
]

for (const { what, options = {}, run, writes } of kinds)
  test(`the writes that survive the power are those promised when a caller ${what}`, async t => {
    const watched = await startWatched(t, options)
    await run(watched)
    const names = writes.map(([name]) => name)
    assert.deepEqual(
      watched.durable.map((isDurable, index) => [names[index], isDurable]),
      writes,
    )
  })
