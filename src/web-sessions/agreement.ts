import { findReservedContextRoot, toApplications } from '../pingaccess/applications.ts'
import { toHostAndPort } from '../pingaccess/callbacks.ts'
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
const refused = 'PingFederate refuses the login.'

const onApplication = (settings: ClientSettings): Agreement[] => [
  {
    row: 'virtual_hosts',
    client: '/redirectUris',
    pingAccess: 'Virtual hosts of the application, with the port that browsers use',
    needed: [
      ...new Set(toApplications(settings).flatMap(({ virtualHosts }) => virtualHosts.map(toHostAndPort))),
    ],
    otherwise: errorPage,
  },
  {
    row: 'reserved_context_root',
    client: '/redirectUris',
    pingAccess: 'Reserved application context root of the installation',
    needed: findReservedContextRoot(settings) ?? null,
    otherwise: errorPage,
  },
  {
    row: 'reserved_resources',
    client: '/callbackUnder',
    pingAccess: 'Use context root as reserved resource base path, in the application',
    needed: settings.callbackUnder === 'contextRoot',
    otherwise: errorPage,
  },
]

const onWebSession = (client: Client): Agreement[] => {
  const { clientCredentials, oidcLoginType, scopes, ...others } = chooseWebSession(client)
  const inBody = (
    row: Agreement['row'],
    [client, field]: [client: string, field: string],
    { value: needed }: { value: unknown },
    otherwise: string,
  ) => ({ row, client, pingAccess: `${field} of the web session`, needed, otherwise })
  const { clientId, credentialsType } = clientCredentials.value
  return [
    inBody('client_id', ['/clientId', 'Client ID'], { value: clientId }, noTokens),
    inBody('credentials_type', ['', 'Client Credentials Type'], { value: credentialsType }, noTokens),
    inBody('login_type', ['/grantTypes', 'OpenID Connect Login Type'], oidcLoginType, refused),
    inBody(
      'scopes',
      ['/scopes', 'Scopes'],
      scopes,
      'PingFederate refuses a scope that the client may not ask for.',
    ),
    inBody('pkce', ['/requirePkce', 'pkceChallengeType'], others.pkceChallengeType, refused),
    inBody(
      'pushed_authorization',
      ['', 'enablePushAuthorization'],
      others.enablePushAuthorization,
      'PingFederate refuses the login where the client is required to push its requests.',
    ),
    inBody(
      'session_revocation',
      ['', 'validateSessionIsAlive'],
      others.validateSessionIsAlive,
      'PingFederate refuses to say whether a session was revoked.',
    ),
  ]
}

const onTokenProvider = ({ logout, oidcPolicy }: ClientSettings): Agreement[] => [
  {
    row: 'single_logout',
    client: '/logout',
    pingAccess: 'Single logout of the token provider (useSlo)',
    // Without single logout it makes no difference to this client, and another one may need it.
    needed: logout === 'pingaccess' ? true : null,
    otherwise: 'A logout in PingFederate does not end the session in PingAccess.',
  },
  {
    row: 'identity_mappings',
    client: '/oidcPolicy',
    pingAccess: 'OpenID Connect policy whose attributes the identity mappings of the application read',
    needed: oidcPolicy ?? 'PingFederate’s default',
    otherwise: 'The application gets empty headers.',
  },
]
