import { Type } from 'typebox'
import { PreviousSecretEndsAt } from '../web-session-clients/deliver-schema.ts'
import { clientProperties } from '../web-session-clients/schema.ts'
import { Live } from './live-agreement-schema.ts'

export const DeliveredWebSessionClient = Type.Object(
  { ...clientProperties, previousSecretEndsAt: PreviousSecretEndsAt, live: Live },
  {
    additionalProperties: false,
    $id: 'DeliveredWebSessionClient',
    description: 'A web session client whose new secret was put straight into PingAccess.',
  },
)
