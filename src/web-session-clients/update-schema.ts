import { type Static, Type } from 'typebox'
import { OrNull } from '../http/nullable.ts'
import { DryRunWarning } from './dry-run-schema.ts'
import { CreateWebSessionClient } from './schema.ts'

const { properties } = CreateWebSessionClient
const closed = { additionalProperties: false }

export const UpdateWebSessionClient = Type.Object(
  {
    enabled: Type.Optional(
      Type.Boolean({
        description:
          'false: nobody can log in through the client any more, once the engines know it. It keeps its settings and its secret, and true switches it on again.',
      }),
    ),
    pingAccessUrls: Type.Optional(properties.pingAccessUrls),
    callbackUnder: Type.Optional(OrNull(properties.callbackUnder)),
    name: Type.Optional(OrNull(properties.name)),
    description: Type.Optional(OrNull(properties.description)),
    team: Type.Optional({
      ...properties.team,
      description:
        'Moves the client to this team: the caller has to be in both, or have the scope `web-session-clients:admin`.',
    }),
    scopes: Type.Optional(OrNull(properties.scopes)),
    requirePkce: Type.Optional(OrNull(properties.requirePkce)),
    logout: Type.Optional(OrNull(properties.logout)),
    refreshTokens: Type.Optional(OrNull(properties.refreshTokens)),
    oidcPolicy: Type.Optional(OrNull(properties.oidcPolicy)),
    accessTokenManager: Type.Optional(OrNull(properties.accessTokenManager)),
  },
  {
    ...closed,
    $id: 'UpdateWebSessionClient',
    description:
      'A JSON Merge Patch (RFC 7396): what is left out stays as it is, a list is replaced as a whole, and null stands for the default that a create would use.',
    'x-request-examples': {
      urls: {
        summary: 'Another host',
        value: { pingAccessUrls: ['https://mypingaccessserver:3000', 'https://pay.example.com'] },
      },
      off: { summary: 'Switch it off', value: { enabled: false } },
      defaults: { summary: 'Back to defaults', value: { scopes: null, requirePkce: null } },
    },
  },
)
export type UpdateWebSessionClient = Static<typeof UpdateWebSessionClient>

export const FieldChange = Type.Object(
  {
    pointer: Type.String({
      description: 'JSON Pointer (RFC 6901) to the field of the client.',
      examples: ['/requirePkce'],
    }),
    before: Type.Unknown({ description: 'What it was before.' }),
    after: Type.Unknown({ description: 'What it is to be.' }),
  },
  { ...closed, description: 'One field that changes.' },
)

export const UpdateDryRun = Type.Object(
  {
    changes: Type.Array(FieldChange, {
      description: 'Every field that would change; empty where the client is so already.',
    }),
    warnings: Type.Array(DryRunWarning, {
      description:
        'What PingFederate lacks for the client to work; empty when nothing is known to be missing.',
    }),
  },
  {
    ...closed,
    $id: 'UpdateDryRun',
    description: 'What a change would do, found out without doing any of it.',
  },
)
export type UpdateDryRun = Static<typeof UpdateDryRun>
