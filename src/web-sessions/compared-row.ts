import type { LiveIdentityMapping } from '../pingaccess/identity-mappings.ts'
import type {
  LiveApplication,
  LiveTokenProvider,
  LiveVirtualHost,
  LiveWebSession,
} from '../pingaccess/live.ts'
import type { FoundSettings } from '../pingfederate/client-fields.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import type { LoginFields } from '../pingfederate/login-fields.ts'
import type { ComparedRow } from './live-agreement-schema.ts'

/** A client as this service has recorded it. */
export type RecordedClient = Pick<NewClient, 'clientId' | 'settings'>

/** A client as PingFederate has it. */
export type LiveClient = FoundSettings & LoginFields

/** What PingAccess has, as far as a login depends on it; all of each list. */
export type LivePingAccess = {
  webSessions: readonly LiveWebSession[]
  applications: readonly LiveApplication[]
  virtualHosts: readonly LiveVirtualHost[]
  identityMappings: readonly LiveIdentityMapping[]
  reservedContextRoot: string
  tokenProvider: LiveTokenProvider
}

/** What was found of one thing; `fix` is told unless the two agree. */
type Found = Pick<ComparedRow, 'inPingFederate' | 'inPingAccess' | 'agrees'> & { fix: string }
type About = { webSession?: number; application?: number }

export const toComparedRow = (
  row: ComparedRow['row'],
  { webSession = null, application = null }: { [Name in keyof About]: About[Name] | null },
  { inPingFederate, inPingAccess, agrees, fix }: Found,
): ComparedRow => ({
  ...{ row, webSession, application, inPingFederate, inPingAccess, agrees },
  fix: agrees === true ? null : fix,
})

/** The change of a client by this service. */
export const patch = (clientId: string, body: string): string =>
  `PATCH /web-session-clients/${clientId} with ${body}`

/** What takes back what somebody has changed in PingFederate. */
export const reapply = (clientId: string): string =>
  `POST /web-session-clients/${clientId}/reconciliations with {"direction": "reapply"}`

/** A web session, and the call that changes it. */
export const nameWebSession = ({ id, name }: Pick<LiveWebSession, 'id' | 'name'>): string =>
  `the web session ${name} (Access, Web Sessions; PUT /webSessions/${id})`

/** An application, and the call that changes it. */
export const nameApplication = ({ id, name }: Pick<LiveApplication, 'id' | 'name'>): string =>
  `the application ${name} (Applications, Applications; PUT /applications/${id})`
