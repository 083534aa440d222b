import { type Static, type TSchema, Type } from 'typebox'
import { type RedeemableBy, redeemers } from '../database/vocabulary.ts'
import { Nullable } from '../http/nullable.ts'
import type { Allowed } from '../policy/team-policy.ts'

const closed = { additionalProperties: false }

const Bound = <Value extends TSchema>(value: Value, description: string) =>
  Type.Object(
    {
      value,
      source: Type.Enum(['policy', 'configuration'], {
        description:
          '`policy`: the team policy. `configuration`: this service as it is installed, where there is no policy or it allows more.',
      }),
      reason: Type.String({
        description: 'Why it is this value: the rule of the policy, or the setting.',
        examples: ['/teams/payments/hosts of the policy allows your team this.'],
      }),
    },
    { ...closed, description },
  )

/** Not a list of every value, because most that is allowed cannot be listed. */
const ListOrAny = <T extends string | number>(items: TSchema, description: string) =>
  Bound(
    Type.Unsafe<Allowed<T>>(
      Type.Union(
        [Type.Literal('any', { description: 'Whatever the rules of validation accept.' }), Type.Array(items)],
        {
          description: 'What is allowed, or `any`. An empty list allows none.',
        },
      ),
    ),
    description,
  )

const text = (description: string, example: string) => Type.String({ description, examples: [example] })

const Ttl = Type.Object(
  {
    minimum: Type.Integer({ description: 'The shortest, in seconds.' }),
    maximum: Type.Integer({ description: 'The longest, in seconds.' }),
  },
  { ...closed, description: 'Both ends are allowed.' },
)

export const Team = Type.Object(
  {
    team: text('Its name, as `team` of a create takes it.', 'payments'),
    clients: Type.Object(
      {
        count: Type.Integer({
          description:
            'Clients it has, those being created included; at least so many where `exact` is false.',
        }),
        exact: Type.Boolean({
          description:
            'Whether that is all of them. Counting ends one beyond the limit, and at 1,001 where there is none.',
        }),
        limit: Bound(
          Nullable(Type.Integer(), 'Clients it may have; null without a limit.'),
          'Another client is refused when it has as many.',
        ),
      },
      { ...closed, description: 'How many clients of how many.' },
    ),
    hosts: ListOrAny<string>(
      text('A host, or `*.` and a domain for every host below it, but not itself.', '*.pay.example.com'),
      'Hosts of `pingAccessUrls`.',
    ),
    ports: ListOrAny<number>(
      Type.Integer({ description: 'A port.', examples: [443] }),
      'Ports of `pingAccessUrls`; a URL without one has 443.',
    ),
    contextRoots: ListOrAny<string>(
      text(
        '`/` for none, a context root, or one and `/*` for every one below it, but not itself.',
        '/shop/*',
      ),
      'Context roots of `pingAccessUrls`.',
    ),
    scopes: ListOrAny<string>(
      text('Scope token.', 'profile'),
      '`scopes`, to which `openid` is always added. With a list no client is unrestricted, and one that names none has all of it.',
    ),
    oidcPolicies: ListOrAny<string>(
      text("Id as PingFederate's console shows it.", 'default'),
      "`oidcPolicy`; the first where a create names none, PingFederate's default where the list is empty.",
    ),
    accessTokenManagers: ListOrAny<string>(
      text("Id as PingFederate's console shows it.", 'jwt'),
      "`accessTokenManager`; the first where a create names none, PingFederate's default where the list is empty.",
    ),
    retrieval: Type.Object(
      {
        ttlSeconds: Bound(
          Nullable(Ttl, 'Bounds; null where policy and configuration leave no life that both allow.'),
          '`retrieval.ttlSeconds`.',
        ),
        redeemableBy: Bound(
          Type.Unsafe<readonly RedeemableBy[]>(
            Type.Array(Type.Enum(redeemers, { description: 'Who may redeem.' }), {
              description: 'What is allowed. An empty list allows none.',
            }),
          ),
          '`retrieval.redeemableBy`; the first of the policy where a create does not say, `team` without a policy.',
        ),
      },
      { ...closed, description: 'How secrets may be handed out.' },
    ),
    secretMaxAgeDays: Bound(
      Nullable(Type.Integer(), 'Days; null where no secret is ever due.'),
      'After how many days the secret of a client is due for a new one: `secretDueAt` of the client. Nothing is refused for it.',
    ),
  },
  { ...closed, $id: 'Team', description: 'A team of yours, and what a create for it may ask for.' },
)
export type Team = Static<typeof Team>

export const Caller = Type.Object(
  {
    subject: text('`sub` of the access token, or `claim:value` where it is taken from another claim.', 'ana'),
    clientId: Nullable(
      Type.String({ examples: ['portal'] }),
      'OAuth client that the token was issued to; null where the token does not say.',
    ),
    actingParties: Type.Array(text('A party.', 'portal'), {
      description:
        'Who acts on behalf of the subject (`act`, RFC 8693), the current one first; empty when it acts itself.',
    }),
    scopes: Type.Array(text('A scope.', 'web-session-clients:write'), {
      description: 'Scopes of the token, in the order of their names.',
    }),
  },
  { ...closed, description: 'You, as the access token says.' },
)
export type Caller = Static<typeof Caller>
