import type { LiveApplication, LiveWebSession } from '../pingaccess/live.ts'
import type { PolicyAttributes } from '../pingfederate/policy-attributes.ts'
import { compareAttributes } from './compare-attributes.ts'
import { compareRedirects } from './compare-redirects.ts'
import { compareWebSession } from './compare-web-session.ts'
import {
  type LiveClient,
  type LivePingAccess,
  nameWebSession,
  type RecordedClient,
  reapply,
  toComparedRow,
} from './compared-row.ts'
import type { ComparedRow, LiveAgreement } from './live-agreement-schema.ts'

/** All that was read of both servers. */
export type BothSides = {
  recorded: RecordedClient
  /** undefined where PingFederate says itself that it has none. */
  client: LiveClient | undefined
  /** undefined where PingFederate's could not be read. */
  policies: PolicyAttributes | undefined
  pingAccess: LivePingAccess
  /** PingFederate's, as a runtime node says; null where none does. */
  issuer: string | null
}

/** Compares a client with every web session of its client id; neither server is asked. */
export const compareAgreement = ({
  recorded,
  client,
  policies,
  pingAccess,
  issuer,
}: BothSides): LiveAgreement => {
  const { clientId } = recorded
  const webSessions = pingAccess.webSessions.filter(each => isSameId(each.clientId, clientId))
  const found = webSessions.map(webSession => ({
    webSession,
    applications: pingAccess.applications.filter(({ webSessionId }) => webSessionId === webSession.id),
  }))
  const applications = found.flatMap(each => each.applications)
  const told = { reason: null, webSessions: found.map(toFound) }
  if (client === undefined) return { state: 'no_client', ...told, agreement: [] }
  const sides = { recorded, client, pingAccess, applications }
  return {
    state: found.length === 0 ? 'no_web_session' : 'read',
    ...told,
    agreement: [
      compareIssuer(pingAccess, issuer),
      compareLogout(client, pingAccess),
      compareApproval(recorded, client),
      ...compareRedirects(sides),
      ...(found.length === 0 ? [missWebSession(recorded, pingAccess)] : []),
      ...webSessions.flatMap(webSession => compareWebSession({ recorded, client, webSession })),
      ...applications.map(application =>
        compareAttributes({ recorded, client, policies, application, pingAccess }),
      ),
    ],
  }
}

/** Stores of PingFederate that are directories take either case of letters. */
const isSameId = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const toFound = ({
  webSession: { id, name },
  applications,
}: {
  webSession: LiveWebSession
  applications: LiveApplication[]
}): LiveAgreement['webSessions'][number] => ({
  ...{ id, name },
  applications: applications.map(({ id, name, contextRoot }) => ({ id, name, contextRoot })),
})

/** Whose client id the one of that name has is not told: it can be another team's. */
const missWebSession = (
  { clientId }: RecordedClient,
  { webSessions }: Pick<LivePingAccess, 'webSessions'>,
): ComparedRow => {
  const named = webSessions.find(({ name }) => isSameId(name, clientId))
  return toComparedRow('client_id', named ? { webSession: named.id } : {}, {
    inPingFederate: clientId,
    inPingAccess: null,
    agrees: false,
    fix: named
      ? `Set Client ID of ${nameWebSession(named)} to ${clientId}, with its secret, if it is meant for this client; it has another one.`
      : 'Add a web session in PingAccess (Access, Web Sessions, Add Web Session; POST /webSessions) with the values of webSession.',
  })
}

const withoutSlash = (issuer: string): string => issuer.replace(/\/$/, '')

const compareIssuer = ({ tokenProvider }: Pick<LivePingAccess, 'tokenProvider'>, issuer: string | null) => {
  const { issuer: inPingAccess } = tokenProvider
  const cannotTell = issuer === null && inPingAccess !== null
  return toComparedRow(
    'issuer',
    {},
    {
      ...{ inPingFederate: issuer, inPingAccess },
      agrees: cannotTell
        ? null
        : issuer !== null && inPingAccess !== null && withoutSlash(issuer) === withoutSlash(inPingAccess),
      fix: cannotTell
        ? 'No runtime node of PingFederate has told its issuer (PINGFEDERATE_RUNTIME_URLS): see that PingAccess has the one that GET /token-provider names.'
        : `Set Issuer of the token provider to ${issuer ?? 'PingFederate’s'} (Settings, System, Token Provider, PingFederate, Runtime; PUT /pingfederate/runtime).`,
    },
  )
}

const compareLogout = (
  { logout }: LiveClient,
  { tokenProvider: { useSlo } }: Pick<LivePingAccess, 'tokenProvider'>,
) =>
  toComparedRow(
    'single_logout',
    {},
    {
      inPingFederate: logout,
      inPingAccess: useSlo,
      // Without single logout it makes no difference to this client, and another one may need it.
      agrees: logout !== 'pingaccess' || useSlo,
      fix: 'Switch on single logout (useSlo) of the token provider (Settings, System, Token Provider, PingFederate, Runtime; PUT /pingfederate/runtime).',
    },
  )

const compareApproval = ({ clientId }: RecordedClient, { bypassAuthorizationApproval }: LiveClient) =>
  toComparedRow(
    'approval_page',
    {},
    {
      inPingFederate: bypassAuthorizationApproval,
      inPingAccess: null,
      agrees: bypassAuthorizationApproval,
      fix: `Somebody has switched Bypass Authorization Approval off in PingFederate, so that it asks for consent before every application: ${reapply(clientId)}.`,
    },
  )
