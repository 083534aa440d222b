import type { LiveWebSession } from '../pingaccess/live.ts'
import {
  type LiveClient,
  nameWebSession,
  patch,
  type RecordedClient,
  reapply,
  toComparedRow,
} from './compared-row.ts'
import type { ComparedRow } from './live-agreement-schema.ts'

type Pair = { recorded: RecordedClient; client: LiveClient; webSession: LiveWebSession }

type Compare = (pair: Pair) => Parameters<typeof toComparedRow>[2]

/** What a web session itself has to have for the client. */
export const compareWebSession = (pair: Pair): ComparedRow[] =>
  rows.map(([row, compare]) => toComparedRow(row, { webSession: pair.webSession.id }, compare(pair)))

const compareClientId: Compare = ({ recorded: { clientId }, webSession }) => ({
  inPingFederate: clientId,
  inPingAccess: webSession.clientId,
  agrees: webSession.clientId === clientId,
  fix: `Set Client ID of ${nameWebSession(webSession)} to ${clientId}, in this case of letters.`,
})

const compareCredentialsType: Compare = ({ client: { authentication }, webSession }) => ({
  inPingFederate: authentication,
  inPingAccess: webSession.credentialsType,
  agrees: authentication === null ? null : authentication === webSession.credentialsType,
  fix:
    authentication === 'SECRET'
      ? `Set Client Credentials Type of ${nameWebSession(webSession)} to Secret, with the secret of the client.`
      : 'Have the PingFederate administrator set Client Authentication of the client to Client Secret: every web session client of this service authenticates by its secret.',
})

/** The other login types have the ID token posted without a code. */
const toGrantType = (oidcLoginType: string): string =>
  oidcLoginType === 'Code' ? 'authorization_code' : 'implicit'

const compareLoginType: Compare = ({ recorded: { clientId }, client: { grantTypes }, webSession }) => ({
  inPingFederate: grantTypes,
  inPingAccess: webSession.oidcLoginType,
  agrees: grantTypes.includes(toGrantType(webSession.oidcLoginType)),
  fix:
    webSession.oidcLoginType === 'Code'
      ? `Somebody has taken the grant authorization code from the client in PingFederate: ${reapply(clientId)}.`
      : `Set OpenID Connect Login Type of ${nameWebSession(webSession)} to Code.`,
})

/** PingAccess adds it to every login. */
const impliedScope = 'openid'

const compareScopes: Compare = ({ recorded: { clientId }, client: { scopes }, webSession }) => {
  const asked = [impliedScope, ...webSession.scopes.filter(scope => scope !== impliedScope)]
  const missing = asked.filter(scope => scopes?.includes(scope) === false)
  const removable = missing.filter(scope => scope !== impliedScope)
  const allow = patch(clientId, `scopes that have ${missing.join(', ')} as well`)
  return {
    inPingFederate: scopes,
    inPingAccess: asked,
    agrees: missing.length === 0,
    fix:
      removable.length === 0
        ? `Let the client ask for openid: ${allow}.`
        : `Take ${removable.join(', ')} off Scopes of ${nameWebSession(webSession)}, or let the client ask for it: ${allow}.`,
  }
}

const comparePkce: Compare = ({ recorded: { clientId }, client: { requirePkce }, webSession }) => ({
  inPingFederate: requirePkce,
  inPingAccess: webSession.pkceChallengeType,
  agrees: !requirePkce || webSession.pkceChallengeType === 'SHA256',
  fix: `Set the PKCE challenge of ${nameWebSession(webSession)} to SHA256 (pkceChallengeType), or do without: ${patch(clientId, '{"requirePkce": false}')}.`,
})

const comparePushedRequests: Compare = ({ client: { requiresPushedRequests }, webSession }) => ({
  inPingFederate: requiresPushedRequests,
  inPingAccess: webSession.enablePushAuthorization,
  agrees: !requiresPushedRequests || webSession.enablePushAuthorization,
  fix: `Switch on pushed authorization (enablePushAuthorization) in ${nameWebSession(webSession)}, or have the PingFederate administrator require no pushed authorization requests of the client.`,
})

const compareRevocation: Compare = ({ client: { mayAskForRevocation }, webSession }) => ({
  inPingFederate: mayAskForRevocation,
  inPingAccess: webSession.validateSessionIsAlive,
  agrees: mayAskForRevocation || !webSession.validateSessionIsAlive,
  fix: `Switch off Validate Session (validateSessionIsAlive) in ${nameWebSession(webSession)}, or have the PingFederate administrator grant the client access to the session revocation API.`,
})

const rows: [ComparedRow['row'], Compare][] = [
  ['client_id', compareClientId],
  ['credentials_type', compareCredentialsType],
  ['login_type', compareLoginType],
  ['scopes', compareScopes],
  ['pkce', comparePkce],
  ['pushed_authorization', comparePushedRequests],
  ['session_revocation', compareRevocation],
]
