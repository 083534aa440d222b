import type { Actor } from '../audit/record.ts'
import type { Config } from '../config.ts'
import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { Problem } from '../http/problem.ts'
import type { PingFederateFailure } from '../pingfederate/failure.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import type { IssuedRetrieval } from '../secret-retrievals/issue.ts'
import type { NewClient } from '../web-session-clients/defaults.ts'
import { beginCreate, type IntendedCreate } from './begin.ts'
import { carryOutCreate } from './carry-out.ts'
import { failCreate, finishCreate } from './finish.ts'
import { refuseOrRelease } from './held-client-id.ts'

export type ProvisionDependencies = {
  store: Store
  pingFederate: PingFederate
  replication: Replication
  config: { pingFederate: Pick<Config['pingFederate'], 'timeoutMs' | 'replication'> }
  now: () => number
  newId: () => string
}

type Request = { client: NewClient; retrieval: IssuedRetrieval; actor: Actor }

/** Calls one create can make in a row; after that time nobody is working on the operation any more. */
const maxCalls = 5

/**
 * Makes a client with its journal: intended (durable), PingFederate, done.
 * @throws Problem when the client was not made, or when that is not known
 */
export const provisionClient = async (
  dependencies: ProvisionDependencies,
  request: Request,
): Promise<ClientRow> => {
  const intended = intend(dependencies, request)
  await begin(dependencies, intended)
  const { operationId, client } = intended
  const operation = { operationId, clientId: client.clientId, team: client.team, actor: request.actor }
  const outcome = await carryOutCreate(dependencies.pingFederate, {
    client,
    secret: request.retrieval.secret,
    operationId,
  })
  if (outcome.kind === 'created') return finish(dependencies, operation, outcome.client.savedAt)
  if (outcome.kind === 'unknown') throw outcomeUnknown(operationId, outcome.failure)
  const problem = outcome.kind === 'foreign' ? existsAlready() : toProblem(outcome.failure)
  await failCreate(dependencies.store, operation, problem.code)
  throw problem
}

const intend = (
  { newId, now, config }: ProvisionDependencies,
  { client, retrieval, actor }: Request,
): IntendedCreate => ({
  operationId: newId(),
  client,
  actor,
  leaseUntil: new Date(now() + maxCalls * config.pingFederate.timeoutMs).toISOString(),
  retrieval,
})

/** A client id that an abandoned create still holds is released and taken; any other holder is a conflict. */
const begin = async (dependencies: ProvisionDependencies, intended: IntendedCreate): Promise<void> => {
  const first = await beginCreate(dependencies.store, intended)
  if (first.isBegun) return
  await refuseOrRelease(dependencies, first.holder, intended.actor)
  const second = await beginCreate(dependencies.store, intended)
  if (!second.isBegun) {
    throw new Problem('operation_in_progress', 'Somebody else is creating this client at this moment.', {
      headers: { 'retry-after': '5' },
    })
  }
}

type Operation = Parameters<typeof finishCreate>[1]

const finish = async (
  dependencies: ProvisionDependencies,
  operation: Operation,
  savedAt: string | null,
): Promise<ClientRow> => {
  const { store, replication, config } = dependencies
  const status = await replication.statusAfterSave()
  const row = await finishCreate(store, operation, { replication: status, savedAt })
  if (status === 'replicating' && config.pingFederate.replication === 'trigger')
    void publish(dependencies, row.client_id)
  return row
}

/** Goes on after the answer: publishing takes as long as it takes, and `status` tells how it went. */
const publish = async ({ store, replication }: ProvisionDependencies, clientId: string): Promise<void> => {
  const status = (await replication.publish()) ? 'ready' : 'failed'
  await store
    .write(
      trx =>
        trx.updateTable('client').set({ replication: status }).where('client_id', '=', clientId).execute(),
      { durable: false },
    )
    .catch(() => undefined)
}

const existsAlready = (): Problem =>
  new Problem(
    'client_exists_in_pingfederate',
    'PingFederate has a client of this id that this service did not make; it was not touched. Choose another client id, or have the operator adopt it.',
  )

const outcomeUnknown = (operationId: string, failure: PingFederateFailure): Problem =>
  new Problem(
    'outcome_unknown',
    'PingFederate did not say whether the client was made. Send the same request again in a minute: it settles that first.',
    {
      operation: operationId,
      cause: failure,
      headers: { 'retry-after': '60' },
    },
  )
