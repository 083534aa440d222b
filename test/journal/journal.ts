import assert from 'node:assert/strict'
import { randomUUIDv7 } from 'node:crypto'
import type { TestContext } from 'node:test'
import pino from 'pino'
import { type Config, parseConfig } from '../../src/config.ts'
import { openStore } from '../../src/database/open.ts'
import type { Store } from '../../src/database/store.ts'
import { createRecovery } from '../../src/journal/recovery.ts'
import type { Running } from '../../src/journal/run.ts'
import { createIdentity } from '../../src/pingfederate/identity.ts'
import { createPingFederate, type PingFederate } from '../../src/pingfederate/ping-federate.ts'
import { createReplication } from '../../src/pingfederate/replication.ts'
import { createTransport } from '../../src/pingfederate/transport.ts'
import type { Fault } from '../../src/sandbox/pingfederate/faults.ts'
import { createClientJournal } from '../../src/web-session-clients/client-journal.ts'
import type { Upstream } from '../../src/web-session-clients/upstream.ts'
import { audited } from '../audit/audited.ts'
import type { TestService } from '../service.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'

type Surroundings = Pick<TestService, 'env'>

export type OpenJournal = {
  store: Store
  /** With places for as many changes as are asked for. */
  journal: Running<Upstream>
  secretKeys: Config['secretKeys']
  /** One round of recovery. */
  recover: (signal?: AbortSignal) => Promise<void>
  /** State and failure of every operation, in the order they were begun. */
  states: () => Promise<string[]>
}

type Options = {
  aheadMs?: number
  findClient?: PingFederate['findClient'] | undefined
  /** Instead of one of its own. */
  store?: Store
}

/** The database of a stopped service at a later time, with a recovery that runs when it is told to. */
export const openJournal = async (
  t: TestContext,
  { env }: Surroundings,
  { aheadMs = 1_800_000, findClient, ...others }: Options = {},
): Promise<OpenJournal> => {
  const config = parseConfig(env)
  const now = () => Date.now() + aheadMs
  const log = pino({ enabled: false })
  const store = others.store ?? closingOnce(await openStore(config.database, { now, log }))
  t.after(store.close)
  const { journal, close } = connectJournal(config, { store, now, findClient })
  t.after(close)
  const newId = () => randomUUIDv7()
  const recover = createRecovery({ journal, log, newId })
  return {
    store,
    journal,
    secretKeys: config.secretKeys,
    recover: (signal = new AbortController().signal) => recover(signal),
    states: async () => {
      const rows = await store.db.selectFrom('operation').selectAll().orderBy('operation_id').execute()
      return rows.map(({ state, failure }) => (failure ? `${state} ${failure}` : state))
    },
  }
}

type Connected = { journal: Running<Upstream>; close: () => Promise<void> }

/** A journal that speaks to PingFederate past bulkhead and circuit breaker. */
export const connectJournal = (
  config: Config,
  { store, now, findClient }: { store: Store; now: () => number } & Pick<Options, 'findClient'>,
): Connected => {
  const identity = createIdentity(config.pingFederate, { now, onReread: () => undefined })
  const transport = createTransport(config.pingFederate, { identity, now })
  const pingFederate = { ...createPingFederate(transport), ...(findClient && { findClient }) }
  const replication = createReplication({ mode: 'none', pingFederate, now, onFailure: assert.ifError })
  const journal = createClientJournal({ config, pingFederate, replication, store: audited(store) })
  return { journal: { ...journal, inSlot: work => work(journal.upstream) }, close: transport.close }
}

/** The test may close it before its end does. */
const closingOnce = (store: Store): Store => {
  let closed: Promise<void> | undefined
  return { ...store, close: () => (closed ??= store.close()) }
}

export type Abandoned = { clientId: string; key: string; operation: string }

/** A create after which nobody knows whether there is a client: the answer is lost, and so is the look-up. */
export const abandonCreate = async (
  service: TestService,
  { acts }: Pick<Fault, 'acts'>,
  clientId = smallest.clientId,
): Promise<Abandoned> => {
  const { faults } = service.sandbox.pingFederate
  const lost = { kind: 'drop' } as const
  faults.next({
    match: { method: 'POST', path: '/oauth/clients' },
    fault: { ...(!acts && { acts: false }), answer: lost },
  })
  // An answer, so that a row of these does not look like an outage to the circuit breaker.
  const useless = { kind: 'status', status: 200, body: { clientId: 'nobodys', description: '' } } as const
  faults.next({ match: { method: 'GET', path: `/oauth/clients/${clientId}` }, fault: { answer: useless } })
  const key = createKey()
  const { status, body } = await createUnderKey(service, key, { body: { ...smallest, clientId } })
  assert.deepEqual([status, body.code], [504, 'outcome_unknown'])
  return { clientId, key, operation: body.operation }
}
