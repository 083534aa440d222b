import type { Kysely } from 'kysely'
import { type Static, Type } from 'typebox'
import { principalOf } from '../authentication/authenticate.ts'
import { ClientId } from '../client-id.ts'
import type { ClientRow, Database } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Store } from '../database/store.ts'
import type { App } from '../http/route.ts'
import type { Replication } from '../pingfederate/replication.ts'
import type { PolicyInForce } from '../policy/in-force.ts'
import { findSecretDue } from '../policy/secret-due.ts'
import { isAdmin, mayReach, type Principal } from '../principal.ts'
import { type About, Problem } from '../problem.ts'
import { readRetrieval } from '../secret-retrievals/find-retrieval.ts'
import { toRetrievalState, toSecretState } from '../secret-retrievals/retrieval-state.ts'
import { toEntityTag, toWebSessionClient } from './client-row.ts'
import { clientExample } from './examples.ts'
import { refreshReplication } from './replication-status.ts'
import type { WebSessionClientWithRetrieval } from './schema.ts'

export type GetDependencies = {
  store: Store
  replication: Replication
  policy: Pick<PolicyInForce, 'current'>
}

const schema = {
  operationId: 'getWebSessionClient',
  tags: ['web session clients'],
  summary: 'Read a web session client',
  description:
    'One client of your teams, with the state of its latest secret hand-out, the age of the secret, when it is due for a new one and the end of the one before; never with a secret. A client of another team is answered like one that does not exist.',
  params: Type.Object({ clientId: ClientId }),
  response: {
    200: {
      description: 'The client.',
      headers: { etag: Type.String({ description: 'Entity tag of its settings.' }) },
      content: {
        'application/json': {
          schema: Type.Unsafe<Static<typeof WebSessionClientWithRetrieval>>(
            Type.Ref('WebSessionClientWithRetrieval'),
          ),
          example: clientExample,
        },
      },
    },
  },
}

/** `GET /web-session-clients/{clientId}` */
export const getWebSessionClient = (app: App, { store, replication, policy }: GetDependencies): void => {
  app.route({
    method: 'GET',
    url: '/web-session-clients/:clientId',
    config: { scope: 'web-session-clients:read', action: 'client.read', problems: ['client_not_found'] },
    schema,
    handler: async (request, reply) => {
      const client = await getClient(store.db, principalOf(request), request.params.clientId)
      const findStatus = (row: ClientRow) => replication.findStatusOf(row.client_id, row.saved_at)
      const [current = client] = await refreshReplication({ store, findStatus }, [client])
      const retrieval = await readRetrieval(store.db, client.retrieval_id)
      const secret = toSecretState(retrieval)
      return reply
        .code(200)
        .header('etag', toEntityTag(current))
        .send({
          ...toWebSessionClient(current),
          retrieval: toRetrievalState(retrieval),
          ...secret,
          secretDueAt: findSecretDue(policy.current(), { ...secret, team: client.team }),
        })
    },
  })
}

/** @throws Problem `client_not_found`, for a foreign client as for a missing one */
export const getClient = async (
  db: Kysely<Database>,
  principal: Principal,
  clientId: string,
): Promise<ClientRow> => {
  const [row] = (await selectActive(db, { clientId })).rows
  return requireReached(row, principal, clientId)
}

const selectActive = prepare((db, value: Placeholders<{ clientId: string }>) =>
  db.selectFrom('client').selectAll().where('client_id', '=', value.clientId).where('state', '=', 'active'),
)

const requireReached = (row: ClientRow | undefined, principal: Principal, clientId: string): ClientRow => {
  if (row && mayReach(principal, row.team)) return row
  const about: About | undefined = row && { team: row.team, clientId }
  throw new Problem('client_not_found', `${toAbsence(principal)}.`, { about })
}

/**
 * The same within a transaction, which nobody else changes the client in before it ends.
 * @throws Problem `client_not_found`
 */
export const lockClient = async (
  trx: Kysely<Database>,
  principal: Principal,
  clientId: string,
): Promise<ClientRow> => {
  const [row] = (await lockActive(trx, { clientId })).rows
  return requireReached(row, principal, clientId)
}

const lockActive = prepare((db, value: Placeholders<{ clientId: string }>) =>
  db
    .updateTable('client')
    .set(({ ref }) => ({ version: ref('version') }))
    .where('client_id', '=', value.clientId)
    .where('state', '=', 'active')
    .returningAll(),
)

/** What a caller is told of a client that it has not: to an admin, who has those of every team, that nobody has it. */
export const toAbsence = (principal: Principal): string =>
  `${isAdmin(principal) ? 'No team' : 'None of your teams'} has a web session client of this id`
