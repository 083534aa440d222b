import { type Static, Type } from 'typebox'
import { clientStatuses, retrievalStates } from '../database/vocabulary.ts'
import { Nullable } from '../http/nullable.ts'
import { PageSize } from '../http/page-size.ts'
import { VisibleLine } from '../http/visible-line.ts'
import { toCursor } from './cursor.ts'
import { pageExample } from './examples.ts'
import type { WebSessionClient } from './schema.ts'

const Query = Type.Object(
  {
    team: Type.Optional(
      VisibleLine({
        maxLength: 256,
        description: 'Only clients of this team of yours; with the scope `web-session-clients:admin` of any.',
        examples: ['payments'],
      }),
    ),
    search: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        pattern: '^[^\\p{C}\\p{Zl}\\p{Zp}]+$',
        description:
          'Only clients whose id or name contains this text, whatever its case. No control, format or unassigned characters and no line breaks.',
        examples: ['pa_'],
      }),
    ),
    status: Type.Optional(
      Type.Enum(clientStatuses, {
        description: 'Only clients of this `status`.',
        examples: ['failed'],
      }),
    ),
    retrieval: Type.Optional(
      Type.Enum(retrievalStates, {
        description:
          'Only clients whose latest secret hand-out is in this state. `expired` are those that nobody redeemed in time: they need a new secret.',
        examples: ['expired'],
      }),
    ),
    secretOlderThanDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 36_500,
        description: 'Only clients whose secret in force is older than this many days.',
        examples: [365],
      }),
    ),
    drifted: Type.Optional(
      Type.Boolean({
        description: 'Only clients that PingFederate has otherwise than they were set, or only the others.',
        examples: [true],
        'x-fix': 'Send drifted=true or drifted=false, once.',
      }),
    ),
    limit: Type.Optional(PageSize('Most clients to answer.')),
    cursor: Type.Optional(
      Type.String({
        maxLength: 128,
        pattern: '^[A-Za-z0-9_-]+$',
        description: '`nextCursor` of the page before.',
        examples: [toCursor('pa_wam')],
        'x-fix': 'Send nextCursor as it was answered, with the same filters.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** What the API document says of listing clients. */
export const listDocument = {
  description:
    'The clients of your teams in the order of their ids, a page at a time. Filters are combined. With one of them or a search a page can be short or even empty while there are more, because one request reads so many clients at most: the last one is that whose `nextCursor` is null.',
  querystring: Query,
  page: {
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
}
