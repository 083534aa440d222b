import { sql } from 'kysely'
import { principalOf } from '../authentication/authenticate.ts'
import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { defaultPageSize } from '../http/page-size.ts'
import type { App } from '../http/route.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { toWebSessionClient } from './client-row.ts'
import { fromCursor, toCursor } from './cursor.ts'
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
      const { teams } = principalOf(request)
      const { team, limit = defaultPageSize } = request.query
      const visible = team === undefined ? teams : teams.filter(own => own === team)
      // One more than asked for tells whether there is another page.
      const rows =
        visible.length === 0 ? [] : await findClients(store, visible, { ...request.query, limit: limit + 1 })
      const page = rows.slice(0, limit)
      const current = await refreshReplication({ store, findStatus }, page)
      const last = rows.length > limit ? page.at(-1) : undefined
      return reply
        .code(200)
        .send({ items: current.map(toWebSessionClient), nextCursor: last ? toCursor(last.client_id) : null })
    },
  })
}

type Filter = { search?: string; drifted?: boolean; limit: number; cursor?: string }

const findClients = (
  store: Store,
  teams: readonly string[],
  { search, drifted, limit, cursor }: Filter,
): Promise<ClientRow[]> => {
  let query = store.db
    .selectFrom('client')
    .selectAll()
    .where('team', 'in', [...teams])
    .where('state', '=', 'active')
    .orderBy('client_id')
    .limit(limit)
  if (cursor !== undefined) query = query.where('client_id', '>', fromCursor(cursor))
  if (search !== undefined) query = query.where(contains(search))
  // A range, because for `is not null` alone SQLite does not use the index of drifted clients.
  if (drifted !== undefined)
    query = drifted ? query.where(sql<boolean>`drift > ''`) : query.where('drift', 'is', null)
  return query.execute()
}

/** What looks like a wildcard of LIKE is text here. */
const contains = (search: string) => {
  const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`search_text like ${pattern} escape '\\'`
}
