import { type Static, Type } from 'typebox'

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
        'The JSON body in PingFederate’s words. `[masked]` stands for the secret, which only a create makes, and `<operation id>` for the id of its operation.',
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
    source: Type.Enum(['manual', 'configuration', 'request'], {
      description:
        '`manual`: Ping’s manual; what its steps do not mention is off. `configuration`: this service as it is installed. `request`: sent, or following from the body or the access token alone.',
    }),
    reason: Type.String({
      description: 'Why it is this value.',
      examples: ['The manual’s steps do not mention it, so it is off.'],
    }),
  },
  { ...closed, description: 'One value and its source.' },
)

export const CreateDryRun = Type.Object(
  {
    changes: Type.Array(Change, {
      description: 'Every change that a create would send to PingFederate, in its order.',
    }),
    settings: Type.Array(Setting, {
      description: 'Every value that a create would use, sent or not, with its source.',
    }),
  },
  {
    ...closed,
    $id: 'CreateDryRun',
    description: 'What a create would do, found out without doing any of it.',
  },
)
export type CreateDryRun = Static<typeof CreateDryRun>
