import { sql } from 'kysely'
import { type Static, Type } from 'typebox'
import { principalOf } from '../authentication/authenticate.ts'
import { clientIdPattern } from '../client-id.ts'
import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { cursorRefused, decodeCursor } from '../http/cursor.ts'
import { Nullable } from '../http/nullable.ts'
import type { App } from '../http/route.ts'
import { visibleLine } from '../http/visible-line.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { toWebSessionClient } from './client-row.ts'
import { pageExample } from './examples.ts'
import { refreshReplication } from './replication-status.ts'
import type { WebSessionClient } from './schema.ts'

export type ListDependencies = { store: Store; replication: Replication }

const defaultLimit = 50
const maxLimit = 200

const toCursor = (clientId: string): string => Buffer.from(clientId).toString('base64url')

const Query = Type.Object(
  {
    team: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        pattern: visibleLine,
        description: 'Only clients of this team of yours.',
        examples: ['payments'],
      }),
    ),
    search: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        pattern: '^[^\\p{C}\\p{Zl}\\p{Zp}]+$',
        description: 'Only clients whose id or name contains this text, whatever its case.',
        examples: ['pa_'],
      }),
    ),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxLimit,
        default: defaultLimit,
        description: 'Most clients to answer.',
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        maxLength: 128,
        pattern: '^[A-Za-z0-9_-]+$',
        description: '`nextCursor` of the page before.',
        examples: [toCursor('pa_wam')],
        'x-fix': 'Send nextCursor as it was answered, with the same team and search.',
      }),
    ),
  },
  { additionalProperties: false },
)

const schema = {
  operationId: 'listWebSessionClients',
  tags: ['web session clients'],
  summary: 'List web session clients',
  description: 'The clients of your teams in the order of their ids, a page at a time.',
  querystring: Query,
  response: {
    200: {
      description: 'A page of clients.',
      content: {
        'application/json': {
          schema: Type.Object(
            {
              items: Type.Array(Type.Unsafe<Static<typeof WebSessionClient>>(Type.Ref('WebSessionClient')), {
                description: 'The clients of this page.',
              }),
              nextCursor: Nullable(
                Type.String(),
                'Send it as `cursor` for the next page; null on the last one.',
              ),
            },
            { additionalProperties: false },
          ),
          example: pageExample,
        },
      },
    },
  },
}

/** `GET /web-session-clients` */
export const listWebSessionClients = (app: App, dependencies: ListDependencies): void => {
  app.route({
    method: 'GET',
    url: '/web-session-clients',
    config: { scope: 'web-session-clients:read', action: 'client.list' },
    schema,
    handler: async (request, reply) => {
      const { teams } = principalOf(request)
      const { team, limit = defaultLimit } = request.query
      const visible = team === undefined ? teams : teams.filter(own => own === team)
      // One more than asked for tells whether there is another page.
      const rows =
        visible.length === 0
          ? []
          : await findClients(dependencies.store, visible, { ...request.query, limit: limit + 1 })
      const page = rows.slice(0, limit)
      const current = await refreshReplication(dependencies, page)
      const last = rows.length > limit ? page.at(-1) : undefined
      return reply
        .code(200)
        .send({ items: current.map(toWebSessionClient), nextCursor: last ? toCursor(last.client_id) : null })
    },
  })
}

type Filter = { search?: string; limit: number; cursor?: string }

const findClients = (
  store: Store,
  teams: readonly string[],
  { search, limit, cursor }: Filter,
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
  return query.execute()
}

/** What looks like a wildcard of LIKE is text here. */
const contains = (search: string) => {
  const pattern = `%${search.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`
  return sql<boolean>`search_text like ${pattern} escape '\\'`
}

/** @throws Problem `validation_failed` for a cursor that no page answered */
const fromCursor = (cursor: string): string => {
  const clientId = decodeCursor(cursor)
  if (!new RegExp(clientIdPattern).test(clientId)) throw cursorRefused()
  return clientId
}
