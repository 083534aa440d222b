import type { ClientRow } from '../database/schema.ts'
import type { Change, ChangeRequest } from '../journal/change.ts'
import { givenUp } from '../journal/problems.ts'
import { lockOperation } from '../journal/read-operation.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'
import type { ClientLimit } from '../policy/client-limit.ts'
import { toUpdatedClient, toUpdateFacts } from './client-row.ts'
import { drifted, findOurs, type Where } from './find-ours.ts'
import { lockClient } from './get.ts'
import { keepClientLimit } from './keep-client-limit.ts'
import { stale } from './precondition.ts'
import { lookForMarker, putClient } from './put-client.ts'
import { findHolder } from './taken.ts'
import { keepTarget, putTarget } from './update-rows.ts'
import type { Upstream } from './upstream.ts'

export type UpdateRequest = ChangeRequest & {
  /** The client as it is to be. */
  client: NewClient
  /** The version that it was planned from. */
  version: number
  /** Of the team that the client moves to. */
  clientLimit: ClientLimit | undefined
}

/** What an update answers. */
export type UpdateAnswer = ReturnType<typeof toUpdatedClient>

/** What all kinds have in common that set the managed fields of a client. */
export const setting: Omit<Change<Upstream, ChangeRequest, UpdateAnswer>, 'kind' | 'intend' | 'send'> = {
  // A look, the version, the PUT, another look, status and settings of the cluster; two more leave room for renewed tokens.
  maxCalls: 8,
  check: findHolder,
  look: lookForMarker,
  finish: async (trx, { operationId }, saved) => {
    const operation = await lockOperation(trx, operationId)
    if (operation.state === 'failed') throw givenUp(operationId)
    // Where another process has ended it as done, another change may have followed by now.
    if (operation.state === 'done') return operation.facts ?? ''
    return toUpdateFacts(await putTarget(trx, operation, saved))
  },
  undo: async () => undefined,
  answer: ({ clientId }, facts) => toUpdatedClient(facts, clientId),
  answerAgain: async (_db, { clientId }, { facts }) =>
    facts === null ? undefined : toUpdatedClient(facts, clientId),
}

/** The kind of change behind `PATCH /web-session-clients/{clientId}`. */
export const updateChange: Change<Upstream, UpdateRequest, UpdateAnswer> = {
  ...setting,
  kind: 'update',
  intend: async (trx, { client, version, clientId, operationId, actor, clientLimit }, store) => {
    const row = await lockClient(trx, actor.principal, clientId)
    if (row.version !== version) throw stale(row)
    await keepTarget(trx, operationId, client, row.version + 1)
    // One place less is free, because the client is counted in the other team until it has moved.
    await keepClientLimit(store, trx, clientLimit && { ...clientLimit, maximum: clientLimit.maximum - 1 })
  },
  send: ({ upstream, store, timeoutMs }, { client, clientId }, operation) => {
    const { pingFederate } = upstream
    return putClient({ upstream, store, timeoutMs }, operation, {
      find: () => findUpdatable({ pingFederate, store }, clientId),
      put: found => pingFederate.updateClient(found, client, operation.operationId),
      settings: client.settings,
    })
  },
}

/**
 * PingFederate's client, where it is what was set.
 * @param known as of {@link findOurs}
 * @throws Problem `client_drifted`, `client_missing_in_pingfederate`, `client_exists_in_pingfederate`, or what became of
 *   the look
 */
export const findUpdatable = async (
  where: Where,
  clientId: string,
  known?: ClientRow,
): Promise<ClientInPingFederate> => {
  const { found, differences } = await findOurs(where, clientId, known)
  if (differences.length > 0) throw drifted(clientId, differences)
  return found
}
