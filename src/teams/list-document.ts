import { Type } from 'typebox'
import { Nullable } from '../http/nullable.ts'
import { PageSize } from '../http/page-size.ts'
import { toCursor } from './cursor.ts'
import { Caller, type Team } from './schema.ts'

const Query = Type.Object(
  {
    limit: Type.Optional(PageSize('Most teams to answer.')),
    cursor: Type.Optional(
      Type.String({
        maxLength: 1024,
        pattern: '^[A-Za-z0-9_-]+$',
        description: '`nextCursor` of the page before.',
        examples: [toCursor('payments')],
        'x-fix': 'Send nextCursor as it was answered.',
      }),
    ),
  },
  { additionalProperties: false },
)

const byRule = <T>(rule: string, value: T) => ({
  value,
  source: 'policy' as const,
  reason: `${rule} of the policy allows your team this.`,
})

const callerExample: Caller = {
  subject: 'ana',
  clientId: 'portal',
  actingParties: [],
  scopes: ['web-session-clients:read', 'web-session-clients:write'],
}

const teamExample: Team = {
  team: 'payments',
  clients: { count: 3, exact: true, limit: byRule('/defaults/limits/clients', 20) },
  hosts: byRule('/teams/payments/hosts', ['mypingaccessserver', 'pay.example.com', '*.pay.example.com']),
  ports: byRule('/teams/payments/ports', [443, 3000, 8443]),
  contextRoots: byRule('/defaults/contextRoots', 'any'),
  scopes: byRule('/defaults/scopes', ['profile', 'email']),
  oidcPolicies: byRule('/teams/payments/oidcPolicies', ['default', 'strict']),
  accessTokenManagers: {
    value: [],
    source: 'policy',
    reason: '/defaults/accessTokenManagers of the policy allows your team none.',
  },
  retrieval: {
    ttlSeconds: byRule('/defaults/retrieval/ttlSeconds', { minimum: 60, maximum: 3600 }),
    redeemableBy: byRule('/defaults/retrieval/redeemableBy', ['team', 'requester']),
  },
  secretMaxAgeDays: byRule('/defaults/secretMaxAgeDays', 365),
}

/** What the API document says of listing teams. */
export const listDocument = {
  description:
    'You as your access token says, and your teams in the order of their names, a page at a time: what each may ask for in a create, where that comes from, and how many clients it has of how many. Each part is allowed by itself, as the policy decides a create; the rules of validation hold beside it. For what a create gets that does not say, send it with `dryRun=true`. Any access token will do, whatever its scopes.',
  querystring: Query,
  page: {
    description: 'You, and a page of your teams.',
    content: {
      'application/json': {
        schema: Type.Object(
          {
            caller: Caller,
            teams: Type.Array(Type.Unsafe<Team>(Type.Ref('Team')), {
              description: 'The teams of this page; empty for a caller without any.',
            }),
            nextCursor: Nullable(
              Type.String(),
              'Send it as `cursor` for the next page; null on the last one.',
            ),
          },
          { additionalProperties: false },
        ),
        example: { caller: callerExample, teams: [teamExample], nextCursor: null },
      },
    },
  },
}
