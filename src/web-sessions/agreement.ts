import { findReservedContextRoot, toApplications } from '../pingaccess/applications.ts'
import { chooseWebSession } from '../pingaccess/web-session.ts'
import type { ClientSettings, NewClient } from '../pingfederate/client-settings.ts'
import type { Agreement } from './recipe-schema.ts'

type Client = Pick<NewClient, 'clientId' | 'settings'>

/** Everything that has to be the same on both sides, because neither PingFederate nor PingAccess compares it. */
export const toAgreement = (client: Client): Agreement[] => [
  ...onApplication(client.settings),
  ...onWebSession(client),
  ...onTokenProvider(client.settings),
]

const errorPage = 'PingFederate answers the login with its error page.'
const noTokens = 'PingFederate answers PingAccess no tokens.'

const onApplication = (settings: ClientSettings): Agreement[] => [
  {
    client: '/redirectUris',
    pingAccess: 'Virtual hosts of the application, with the port that browsers use',
    needed: [...new Set(toApplications(settings).flatMap(({ virtualHosts }) => virtualHosts.map(toText)))],
    otherwise: errorPage,
  },
  {
    client: '/redirectUris',
    pingAccess: 'Reserved application context root of the installation',
    needed: findReservedContextRoot(settings) ?? null,
    otherwise: errorPage,
  },
  {
    client: '/callbackUnder',
    pingAccess: 'Use context root as reserved resource base path, in the application',
    needed: settings.callbackUnder === 'contextRoot',
    otherwise: errorPage,
  },
]

const toText = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`

const onWebSession = (client: Client): Agreement[] => {
  const { clientCredentials, oidcLoginType, scopes, ...others } = chooseWebSession(client)
  const inBody = (
    client: string,
    field: string,
    { value: needed }: { value: unknown },
    otherwise: string,
  ) => ({ client, pingAccess: `${field} of the web session`, needed, otherwise })
  const { clientId, credentialsType } = clientCredentials.value
  return [
    inBody('/clientId', 'Client ID', { value: clientId }, noTokens),
    inBody('', 'Client Credentials Type', { value: credentialsType }, noTokens),
    inBody('/grantTypes', 'OpenID Connect Login Type', oidcLoginType, 'PingFederate refuses the login.'),
    inBody('/scopes', 'Scopes', scopes, 'PingFederate refuses a scope that the client may not ask for.'),
    inBody('/requirePkce', 'pkceChallengeType', others.pkceChallengeType, 'PingFederate refuses the login.'),
    inBody(
      '',
      'enablePushAuthorization',
      others.enablePushAuthorization,
      'PingFederate refuses the login where the client is required to push its requests.',
    ),
    inBody(
      '',
      'validateSessionIsAlive',
      others.validateSessionIsAlive,
      'PingFederate refuses to say whether a session was revoked.',
    ),
  ]
}

const onTokenProvider = ({ logout, oidcPolicy }: ClientSettings): Agreement[] => [
  {
    client: '/logout',
    pingAccess: 'Single logout of the token provider (useSlo)',
    // Without single logout it makes no difference to this client, and another one may need it.
    needed: logout === 'pingaccess' ? true : null,
    otherwise: 'A logout in PingFederate does not end the session in PingAccess.',
  },
  {
    client: '/oidcPolicy',
    pingAccess: 'OpenID Connect policy whose attributes the identity mappings of the application read',
    needed: oidcPolicy ?? 'PingFederate’s default',
    otherwise: 'The application gets empty headers.',
  },
]
