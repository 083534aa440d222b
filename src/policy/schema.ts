import { type Static, Type } from 'typebox'
import { redeemers } from '../database/vocabulary.ts'
import { visibleLine } from '../http/visible-line.ts'

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const name = `${label}(?:\\.${label})*`
const segment = '(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+'

/**
 * A list of what is allowed, or `any`. Not a union of two schemas, because then every mistake in an entry would be
 * reported as one against each of them.
 */
const listOrAny = <T>(items: object, description: string, examples: unknown[]) =>
  Type.Optional(
    Type.Unsafe<'any' | T[]>({
      type: ['array', 'string'],
      pattern: '^any$',
      items,
      maxItems: 1000,
      uniqueItems: true,
      description,
      examples,
      'x-fix': 'Write a list, or "any".',
    }),
  )

const Host = {
  type: 'string',
  maxLength: 255,
  pattern: `^(?:(?:\\*\\.)?${name}|\\[[0-9a-f:.]+\\])$`,
  examples: ['pay.example.com'],
  'x-fix':
    'Write a host such as pay.example.com, or *.pay.example.com for every host below it: lower case, ASCII (xn--…), no scheme, port or path.',
}

const Port = {
  type: 'integer',
  minimum: 1,
  maximum: 65_535,
  examples: [443],
  'x-fix': 'Write a port such as 443.',
}

const ContextRoot = {
  type: 'string',
  maxLength: 2048,
  pattern: `^(?:/|/\\*|(?:/${segment})+(?:/\\*)?)$`,
  examples: ['/shop'],
  'x-fix':
    'Write / for no context root, /shop for this one, /shop/* for every one below it (/* for every one there is).',
}

const Scope = {
  type: 'string',
  maxLength: 128,
  pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$',
  examples: ['profile'],
}

const ResourceId = {
  type: 'string',
  pattern: '^[A-Za-z0-9._-]{1,64}$',
  'x-fix': "Write the id as PingFederate's console shows it.",
}

/** The lives of a retrieval token that there can be, in seconds, whatever is configured and allowed. */
export const ttlSecondsRange = { minimum: 60, maximum: 604_800 }

const TtlBounds = Type.Object(
  {
    minimum: Type.Integer({ ...ttlSecondsRange, examples: [60] }),
    maximum: Type.Integer({ ...ttlSecondsRange, examples: [3600] }),
  },
  { additionalProperties: false, description: 'Shortest and longest life of a retrieval token, in seconds.' },
)

const Limits = Type.Object(
  {
    clients: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        description: 'Clients the team may have.',
        examples: [50],
      }),
    ),
    requestsPerMinute: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000,
        description: 'Requests per minute of all callers of the team together.',
        examples: [120],
      }),
    ),
  },
  { additionalProperties: false, description: 'Without one there is no limit.' },
)

const Retrieval = Type.Object(
  {
    ttlSeconds: Type.Optional(TtlBounds),
    redeemableBy: Type.Optional(
      Type.Array(Type.Enum(redeemers), {
        uniqueItems: true,
        description: 'Who may be let redeem; the first is what a request gets that does not say.',
        examples: [['team', 'requester']],
      }),
    ),
  },
  { additionalProperties: false, description: 'How secrets are handed out.' },
)

/** What one team is allowed; what it does not say is taken from the defaults, and what neither says is not allowed. */
export const TeamRules = Type.Object(
  {
    hosts: listOrAny<string>(
      Host,
      'Hosts of PingAccess URLs: exact, or every host below one, written `*.pay.example.com`.',
      [['pay.example.com', '*.pay.example.com']],
    ),
    ports: listOrAny<number>(Port, 'Ports of PingAccess URLs; 443 is the one that is not written.', [[443]]),
    contextRoots: listOrAny<string>(
      ContextRoot,
      'Context roots of PingAccess URLs: `/` for none, exact, or every one below one, written `/shop/*`.',
      [['/', '/shop', '/shop/*']],
    ),
    scopes: listOrAny<string>(
      Scope,
      'Scopes beside `openid`. With a list, a client whose request names none is restricted to all of them.',
      [['profile', 'email']],
    ),
    oidcPolicies: listOrAny<string>(
      ResourceId,
      "OpenID Connect policies; the first is what a request gets that names none, with an empty list PingFederate's default.",
      [['default']],
    ),
    accessTokenManagers: listOrAny<string>(
      ResourceId,
      "Access token managers; the first is what a request gets that names none, with an empty list PingFederate's default.",
      [['jwt']],
    ),
    limits: Type.Optional(Limits),
    retrieval: Type.Optional(Retrieval),
    secretMaxAgeDays: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 36_500,
        description: 'Days after which the secret of a client is due for a new one. It only warns.',
        examples: [365],
      }),
    ),
  },
  { additionalProperties: false, description: 'What a team is allowed.' },
)
export type TeamRules = Static<typeof TeamRules>

export const PolicyFile = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'Where editors find this schema.' })),
    changeableBy: Type.String({
      minLength: 1,
      maxLength: 256,
      pattern: visibleLine,
      description:
        'Who may change the policy; whoever is refused is told. One line of visible characters of any script, without blanks at either end.',
      examples: ['IAM team, iam@example.com'],
      'x-fix': 'Write one line of visible characters, such as "IAM team, iam@example.com".',
    }),
    defaults: Type.Optional(Type.Ref('#/$defs/TeamRules')),
    teams: Type.Optional(
      Type.Unsafe<Record<string, TeamRules>>({
        type: 'object',
        propertyNames: {
          type: 'string',
          minLength: 1,
          maxLength: 256,
          pattern: visibleLine,
          'x-fix': 'Write the name of the team as it stands in access tokens.',
        },
        additionalProperties: { $ref: '#/$defs/TeamRules' },
        description:
          'Teams by the name that stands in access tokens: one line of visible characters of any script, without blanks at either end.',
      }),
    ),
  },
  {
    additionalProperties: false,
    title: 'Policy of web-session-clients',
    description: 'What each team may ask for (POLICY_FILE).',
    $defs: { TeamRules },
  },
)
export type PolicyFile = { changeableBy: string; defaults?: TeamRules; teams?: Record<string, TeamRules> }
