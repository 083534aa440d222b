import { type Static, Type } from 'typebox'

import { Nullable } from '../http/nullable.ts'
import { PlannedDeliveries } from './deliver-schema.ts'

const closed = { additionalProperties: false }

const Change = Type.Object(
  {
    method: Type.Enum(['POST', 'PUT'], {
      description:
        'HTTP method. `PUT` where a create of this service that was given up has left a client of this id.',
    }),
    path: Type.String({
      description: 'Path at PingFederate’s administrative API.',
      examples: ['/pf-admin-api/v1/oauth/clients'],
    }),
    body: Type.Unknown({
      description:
        'The JSON body in PingFederate’s words. `[masked]` stands for the secret, which only a create makes, and `<operation id>` for the id of its operation. null where the call has no body: publishing, which takes every administrator’s pending changes along.',
    }),
  },
  { ...closed, description: 'One call that would change something.' },
)

const Setting = Type.Object(
  {
    pointer: Type.String({
      description:
        'JSON Pointer (RFC 6901): the field of the request, or of the answer to a create where it cannot be requested.',
      examples: ['/requirePkce'],
    }),
    value: Type.Unknown({ description: 'What the create would use.' }),
    source: Type.Enum(['manual', 'policy', 'configuration', 'request'], {
      description:
        '`manual`: Ping’s manual; what its steps do not mention is off. `policy`: what the policy allows to your team. `configuration`: this service as it is installed. `request`: sent, or following from the body or the access token alone.',
    }),
    reason: Type.String({
      description: 'Why it is this value.',
      examples: ['The manual’s steps do not mention it, so it is off.'],
    }),
  },
  { ...closed, description: 'One value and its source.' },
)

export const DryRunWarning = Type.Object(
  {
    code: Type.Enum(
      [
        'no_default_access_token_manager',
        'no_default_oidc_policy',
        'scopes_unknown',
        'scopes_exclusive',
        'sessions_not_tracked',
        'not_published',
        'preflight_incomplete',
      ],
      { description: 'Stable, machine-readable name of the warning.' },
    ),
    pointer: Type.String({
      description: 'JSON Pointer (RFC 6901) to the field of the request it is about; empty for the whole.',
      examples: ['/oidcPolicy'],
    }),
    when: Type.Enum(['create', 'first_login', 'logout'], { description: 'When it fails.' }),
    detail: Type.String({
      description: 'What fails, and why.',
      examples: [
        'PingFederate has no default OpenID Connect policy, so it cannot issue the id token of a login.',
      ],
    }),
    fixedBy: Type.Enum(['pingfederate_administrator', 'operator'], {
      description: 'Who can change that: an administrator of PingFederate, or the operator of this service.',
    }),
    fix: Type.String({
      description: 'What to change.',
      examples: [
        'Set a default under Applications, OAuth, OpenID Connect Policy Management; or send oidcPolicy.',
      ],
    }),
  },
  { ...closed, description: 'What would not work although the change succeeds.' },
)
export type DryRunWarning = Static<typeof DryRunWarning>

export const CreateDryRun = Type.Object(
  {
    changes: Type.Array(Change, {
      description: 'Every change that a create would send to PingFederate, in its order.',
    }),
    warnings: Type.Array(DryRunWarning, {
      description:
        'What PingFederate lacks for the client to work; empty when nothing is known to be missing.',
    }),
    settings: Type.Array(Setting, {
      description: 'Every value that a create would use, sent or not, with its source.',
    }),
    webSessions: Nullable(
      PlannedDeliveries,
      'The web sessions of PingAccess that would get the secret; null without `webSession` in the request.',
    ),
  },
  {
    ...closed,
    $id: 'CreateDryRun',
    description: 'What a create would do, found out without doing any of it.',
  },
)
export type CreateDryRun = Static<typeof CreateDryRun>
