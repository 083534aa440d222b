import { principalOf } from '../authentication/authenticate.ts'
import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { defaultPageSize } from '../http/page-size.ts'
import type { App } from '../http/route.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { isAdmin, mayReach, type Principal } from '../principal.ts'
import { toWebSessionClient } from './client-row.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { findClients } from './find-clients.ts'
import { listDocument } from './list-document.ts'
import { refreshReplication } from './replication-status.ts'

export type ListDependencies = { store: Store; replication: Replication }

const schema = {
  operationId: 'listWebSessionClients',
  tags: ['web session clients'],
  summary: 'List web session clients',
  description: listDocument.description,
  querystring: listDocument.querystring,
  response: { 200: listDocument.page },
}

/** `GET /web-session-clients` */
export const listWebSessionClients = (app: App, { store, replication }: ListDependencies): void => {
  const findStatus = (row: ClientRow) => replication.findStatus(row.saved_at)
  app.route({
    method: 'GET',
    url: '/web-session-clients',
    config: { scope: 'web-session-clients:read', action: 'client.list' },
    schema,
    handler: async (request, reply) => {
      const { team, cursor, limit = defaultPageSize, ...filters } = request.query
      const { rows, next } = await findClients(store, {
        ...filters,
        teams: findVisible(principalOf(request), team),
        limit,
        after: cursor === undefined ? undefined : fromCursor(cursor),
      })
      const current = await refreshReplication({ store, findStatus }, rows)
      const items = current.map(toWebSessionClient)
      return reply.code(200).send({
        // What has become live meanwhile is not among those that are asked for as not yet live.
        items: items.filter(({ status }) => filters.status === undefined || status === filters.status),
        nextCursor: next === undefined ? null : toCursor(next),
      })
    },
  })
}

/** The teams whose clients the caller is shown; those of every team for an admin who names none. */
const findVisible = (principal: Principal, wanted: string | undefined): readonly string[] | 'any' => {
  if (wanted !== undefined) return mayReach(principal, wanted) ? [wanted] : []
  return isAdmin(principal) ? 'any' : principal.teams
}
