import type { PingAccess } from '../pingaccess/ping-access.ts'
import { toSettings } from '../pingfederate/client-fields.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { toLoginFields } from '../pingfederate/login-fields.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'
import type { LiveClient, LivePingAccess } from './compared-row.ts'

/** What a comparison asks of PingAccess. */
export type ReadPingAccess = Pick<
  PingAccess,
  | 'listWebSessions'
  | 'listApplications'
  | 'listVirtualHosts'
  | 'listIdentityMappings'
  | 'getReservedContextRoot'
  | 'getTokenProvider'
>

/** All at the same time, whole lists each. @throws PingAccessFailure as the first call that fails */
export const readPingAccess = async (pingAccess: ReadPingAccess): Promise<LivePingAccess> => {
  const [webSessions, applications, virtualHosts, identityMappings, reservedContextRoot, tokenProvider] =
    await Promise.all([
      pingAccess.listWebSessions(),
      pingAccess.listApplications(),
      pingAccess.listVirtualHosts(),
      pingAccess.listIdentityMappings(),
      pingAccess.getReservedContextRoot(),
      pingAccess.getTokenProvider(),
    ])
  return { webSessions, applications, virtualHosts, identityMappings, reservedContextRoot, tokenProvider }
}

/** Of PingFederate's client what a comparison looks at. */
export const toLiveClient = (
  { raw }: Pick<ClientInPingFederate, 'raw'>,
  { team }: Pick<NewClient, 'team'>,
): LiveClient => {
  const body = raw.reveal()
  return { ...toSettings(body, { team }), ...toLoginFields(body) }
}
