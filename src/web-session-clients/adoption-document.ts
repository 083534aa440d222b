import { type Static, Type } from 'typebox'
import { cursorPattern } from '../http/cursor.ts'
import type { Adoptions } from './adoption-schema.ts'
import { dryRunQuery, readProblems } from './change-document.ts'
import { clientWithoutRetrieval } from './examples.ts'

const Query = Type.Object(
  {
    ...dryRunQuery('`true`: record nothing, and answer what would become of each client.').properties,
    cursor: Type.Optional(
      Type.String({
        ...cursorPattern,
        examples: ['Mg'],
        description: '`nextCursor` of the page before; only with `filter`.',
        'x-fix': 'Send nextCursor as it was answered, with the same filter.',
      }),
    ),
  },
  { additionalProperties: false },
)

const example: Static<typeof Adoptions> = {
  items: [
    {
      ...{ clientId: 'pa_wam', outcome: 'adopted', reason: null, detail: 'It is recorded as it is.' },
      client: { ...clientWithoutRetrieval, requirePkce: true },
      differences: [{ pointer: '/requirePkce', expected: false, actual: true }],
    },
  ],
  nextCursor: null,
}

/** What the API document says of adopting clients. */
export const adoptionDocument = {
  description:
    'Takes clients that PingFederate has already into this service, for a team: their owner and their state are recorded as they are, and nothing is written to PingFederate. Afterwards they are read, changed, watched and given new secrets like all others. What of a client is not a PingAccess default is listed and left as it is; redirect URIs that are no callbacks of PingAccess stay (`otherRedirectUris`). Its secret is not known here: whoever has it goes on using it. Neither the policy nor the limit of the team is asked. Try it with `dryRun=true` first.',
  querystring: Query,
  adoptions: {
    description: 'What becomes of each client, a page at a time.',
    content: {
      'application/json': {
        schema: Type.Unsafe<Static<typeof Adoptions>>(Type.Ref('Adoptions')),
        example,
      },
    },
  },
  problems: readProblems,
}
