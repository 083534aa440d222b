import { Type } from 'typebox'
import { ClientId } from '../client-id.ts'
import { Nullable } from '../http/nullable.ts'
import { PageSize } from '../http/page-size.ts'
import { VisibleLine } from '../http/visible-line.ts'
import { toCursor } from './cursor.ts'
import { AuditActionName, type AuditEvent, AuditOutcomeName, auditEventExample } from './schema.ts'

/** Seconds and zone are always there, so that nobody has to guess which day is meant. */
const instantPattern = '^[0-9]{4}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-5][0-9](\\.[0-9]{1,3})?Z$'
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
  VisibleLine({ maxLength: 256, description, examples: [example] })

const Query = Type.Object(
  {
    clientId: Type.Optional(ClientId),
    team: Type.Optional(name('Only what is about clients of this team.', 'payments')),
    action: Type.Optional(AuditActionName),
    outcome: Type.Optional(AuditOutcomeName),
    subject: Type.Optional(name('Only what this subject did or tried.', 'payments-pipeline')),
    since: Type.Optional(point('Only what happened at this time or later.')),
    until: Type.Optional(point('Only what happened before this time.')),
    limit: Type.Optional(PageSize('Most events to answer.')),
    cursor: Type.Optional(
      Type.String({
        maxLength: 128,
        pattern: '^[A-Za-z0-9_-]+$',
        description: '`nextCursor` of the page before.',
        examples: [toCursor(auditEventExample)],
        'x-fix': 'Send nextCursor as it was answered, with the same filters.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** What the API document says of listing audit events. */
export const listDocument = {
  description:
    'The audit trail, the newest event first, a page at a time. You see what is about the clients of your teams; with the scope `audit:read:all` as well everything, also what is about no team. A page can be short or even empty while there are more: the last one is that whose `nextCursor` is null.',
  querystring: Query,
  page: {
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
}
