import { principalOf } from '../authentication/authenticate.ts'
import type { Store } from '../database/store.ts'
import { defaultPageSize } from '../http/page-size.ts'
import type { App } from '../http/route.ts'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { findAuditEvents, type VisibleTeams } from './find-events.ts'
import { listDocument } from './list-document.ts'
import { toAuditEvent } from './schema.ts'

const schema = {
  operationId: 'listAuditEvents',
  tags: ['audit'],
  summary: 'Who did what?',
  description: listDocument.description,
  querystring: listDocument.querystring,
  response: { 200: listDocument.page },
}

/** `GET /audit-events` */
export const listAuditEvents = (app: App, { store }: { store: Store }): void => {
  app.route({
    method: 'GET',
    url: '/audit-events',
    config: { scope: 'audit:read', action: 'audit.list', problems: ['team_ambiguous'] },
    schema,
    handler: async (request, reply) => {
      const { limit = defaultPageSize, cursor, team, since, until, ...filter } = request.query
      const { events, next } = await findAuditEvents(store.db, {
        ...filter,
        limit,
        teams: findVisibleTeams(principalOf(request), team),
        since: since && toDatabaseTime(since),
        until: until && toDatabaseTime(until),
        before: cursor === undefined ? undefined : fromCursor(cursor),
      })
      return reply
        .code(200)
        .send({ items: events.map(toAuditEvent), nextCursor: next ? toCursor(next) : null })
    },
  })
}

/** Each team is a search of its own, so a caller in more teams has to name one. */
const maxTeams = 20

/**
 * Of these teams the caller sees what is about them.
 * @throws Problem `team_ambiguous` when there are too many to search without naming one
 */
const findVisibleTeams = ({ teams, scopes }: Principal, wanted: string | undefined): VisibleTeams => {
  if (scopes.has('audit:read:all')) return wanted === undefined ? 'any' : [wanted]
  if (wanted !== undefined) return teams.filter(own => own === wanted)
  if (teams.length <= maxTeams) return teams
  throw new Problem(
    'team_ambiguous',
    `You are in ${teams.length} teams, which are too many to search at once; send team as one of yours.`,
  )
}

/** With milliseconds, as times are in the database, where they are compared as text. */
const toDatabaseTime = (time: string): string => new Date(time).toISOString()
