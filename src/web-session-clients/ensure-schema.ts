import { type Static, Type } from 'typebox'
import { CreateWebSessionClient, clientProperties } from './schema.ts'
import { FieldChange } from './update-schema.ts'

const closed = { additionalProperties: false }

// Putting the secret into PingAccess rotates it, which ensuring never does.
const { clientId, webSession, ...others } = CreateWebSessionClient.properties

export const EnsureWebSessionClient = Type.Object(
  {
    clientId: Type.Optional({
      ...clientId,
      description: 'The id of the path once more; it may be left out.',
    }),
    ...others,
  },
  {
    ...closed,
    $id: 'EnsureWebSessionClient',
    description:
      'What the client is to be, as for a create. What is left out has its default; `enabled`, and `team` where it is left out, stay as they are. `retrieval` counts for a client that is made.',
    'x-request-examples': {
      smallest: { summary: 'One field', value: { pingAccessUrls: ['https://mypingaccessserver:3000'] } },
    },
  },
)
export type EnsureWebSessionClient = Static<typeof EnsureWebSessionClient>

export const EnsuredWebSessionClient = Type.Object(
  {
    ...clientProperties,
    changes: Type.Array(FieldChange, {
      description: 'Every field that was changed; empty where the client was so already.',
    }),
  },
  {
    ...closed,
    $id: 'EnsuredWebSessionClient',
    description: 'A web session client that there was already, and that is now as it was asked for.',
  },
)
export type EnsuredWebSessionClient = Static<typeof EnsuredWebSessionClient>
