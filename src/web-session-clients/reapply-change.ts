import type { Change, ChangeRequest } from '../journal/change.ts'
import { readOperation } from '../journal/read-operation.ts'
import { toNewClient } from './client-row.ts'
import { findOurs } from './find-ours.ts'
import { lockClient } from './get.ts'
import { putClient } from './put-client.ts'
import { setting, type UpdateAnswer } from './update-change.ts'
import { keepTarget, readTarget } from './update-rows.ts'
import type { Upstream } from './upstream.ts'

/** The kind of change behind the direction `reapply`: an update to what the client is set to already. */
export const reapplyChange: Change<Upstream, ChangeRequest, UpdateAnswer> = {
  ...setting,
  kind: 'reapply',
  intend: async (trx, { clientId, operationId, actor }) => {
    const row = await lockClient(trx, actor.principal, clientId)
    await keepTarget(trx, operationId, toNewClient(row), row.version)
  },
  send: async (tools, { clientId }, operation) => {
    const { upstream, store } = tools
    const { pingFederate } = upstream
    const { operationId } = operation
    const { name, team, settings } = readTarget(await readOperation(store.db, operationId))
    return putClient(tools, operation, {
      find: async () => (await findOurs({ pingFederate, store }, clientId)).found,
      put: found => pingFederate.updateClient(found, { clientId, name, team, settings }, operationId),
      settings,
    })
  },
}
