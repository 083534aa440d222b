import { Type } from 'typebox'
import { PreviousSecretEndsAt } from '../web-session-clients/deliver-schema.ts'
import { clientProperties } from '../web-session-clients/schema.ts'

export const DeliveredWebSessionClient = Type.Object(
  { ...clientProperties, previousSecretEndsAt: PreviousSecretEndsAt },
  {
    additionalProperties: false,
    $id: 'DeliveredWebSessionClient',
    description: 'A web session client whose new secret was put straight into PingAccess.',
  },
)
