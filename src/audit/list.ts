import { Type } from 'typebox'
import { principalOf } from '../authentication/authenticate.ts'
import { ClientId } from '../client-id.ts'
import type { Store } from '../database/store.ts'
import { Nullable } from '../http/nullable.ts'
import type { App } from '../http/route.ts'
import { visibleLine } from '../http/visible-line.ts'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { findAuditEvents, type VisibleTeams } from './find-events.ts'
import {
  AuditActionName,
  type AuditEvent,
  AuditOutcomeName,
  auditEventExample,
  toAuditEvent,
} from './schema.ts'

const defaultLimit = 50
const maxLimit = 200

/** Each team is a search of its own; whoever is in more names one. */
const maxTeams = 20

/** Seconds and zone are always there, so that nobody has to guess which day is meant. */
const instantPattern = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d(\\.\\d{1,3})?Z$'
const point = (description: string) =>
  Type.String({
    format: 'date-time',
    pattern: instantPattern,
    maxLength: 24,
    description,
    examples: ['2026-11-23T17:00:00.000Z'],
    'x-fix': 'Send a time in UTC, such as 2026-11-23T17:00:00Z.',
  })

const name = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 256, pattern: visibleLine, description, examples: [example] })

const exampleCursor = toCursor(auditEventExample)

const Query = Type.Object(
  {
    clientId: Type.Optional(ClientId),
    team: Type.Optional(name('Only what is about clients of this team.', 'payments')),
    action: Type.Optional(AuditActionName),
    outcome: Type.Optional(AuditOutcomeName),
    subject: Type.Optional(name('Only what this subject did or tried.', 'payments-pipeline')),
    since: Type.Optional(point('Only what happened at this time or later.')),
    until: Type.Optional(point('Only what happened before this time.')),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxLimit,
        default: defaultLimit,
        description: 'Most events to answer.',
      }),
    ),
    cursor: Type.Optional(
      Type.String({
        maxLength: 128,
        pattern: '^[A-Za-z0-9_-]+$',
        description: '`nextCursor` of the page before.',
        examples: [exampleCursor],
        'x-fix': 'Send nextCursor as it was answered, with the same filters.',
      }),
    ),
  },
  { additionalProperties: false },
)

const schema = {
  operationId: 'listAuditEvents',
  tags: ['audit'],
  summary: 'Who did what?',
  description:
    'The audit trail, the newest event first, a page at a time. You see what is about the clients of your teams; with the scope `audit:read:all` as well everything, also what is about no team. A page can be short or even empty while there are more: the last one is that whose `nextCursor` is null.',
  querystring: Query,
  response: {
    200: {
      description: 'A page of events.',
      content: {
        'application/json': {
          schema: Type.Object(
            {
              items: Type.Array(Type.Unsafe<AuditEvent>(Type.Ref('AuditEvent')), {
                description: 'The events of this page.',
              }),
              nextCursor: Nullable(
                Type.String(),
                'Send it as `cursor` for older events; null when there are none.',
              ),
            },
            { additionalProperties: false },
          ),
          example: { items: [auditEventExample], nextCursor: null },
        },
      },
    },
  },
}

/** `GET /audit-events` */
export const listAuditEvents = (app: App, { store }: { store: Store }): void => {
  app.route({
    method: 'GET',
    url: '/audit-events',
    config: { scope: 'audit:read', action: 'audit.list', problems: ['team_ambiguous'] },
    schema,
    handler: async (request, reply) => {
      const { limit = defaultLimit, cursor, team, since, until, ...filter } = request.query
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
