import type { RetrievalState } from '../database/vocabulary.ts'
import {
  findReservedContextRoot,
  type PingAccessApplication,
  toApplications,
} from '../pingaccess/applications.ts'
import type { ClientSettings } from '../pingfederate/client-settings.ts'
import type { WebSessionClient } from '../web-session-clients/schema.ts'
import type { Step } from './recipe-schema.ts'

/** What to do so that people can log in, from what is known of the client; a step that is done already is left out where that is known. */
export const toChecklist = (client: WebSessionClient, retrieval: RetrievalState): Step[] => [
  ...trust(client),
  ...ready(client),
  ...toApplications(client).map(({ virtualHosts }) => addVirtualHosts(virtualHosts)),
  getSecret(client, retrieval),
  ...(retrieval === 'delivered' ? [] : [addWebSession(client)]),
  ...toApplications(client).map(useWebSession),
  ...mapIdentity(client),
  here(
    'See whether every runtime node lets people log in through the client, and log in.',
    `GET /web-session-clients/${client.clientId}/login-check`,
  ),
]

const inPingAccess = (once: Step['once'], text: string, call: string | null): Step => ({
  where: 'pingaccess',
  once,
  text,
  call,
})

/** The manual's next step, once for an installation. */
const trust = (client: ClientSettings): Step[] => {
  const reserved = findReservedContextRoot(client)
  return [
    ...toTrustSteps('the issuer', client.logout === 'pingaccess'),
    ...(reserved === undefined
      ? []
      : [
          inPingAccess(
            'installation',
            `See that the reserved application context root is ${reserved}: the redirect URIs of the client are below it.`,
            'GET /applications/reserved',
          ),
        ]),
  ]
}

/**
 * How PingAccess comes to trust PingFederate.
 * @param issuer what to call it
 */
export const toTrustSteps = (issuer: string, needsSingleLogout = false): Step[] => [
  {
    where: 'pingfederate',
    once: 'installation',
    text: 'Export the certificate that is active for the runtime server (Security, SSL Server Certificates): the certificate, not its private key. GET /token-provider of this service has it, too.',
    call: 'GET /keyPairs/sslServer/{id}/certificate',
  },
  inPingAccess(
    'installation',
    'Import it (Security, Certificates): an alias of your choice, and the file.',
    'POST /certificates',
  ),
  inPingAccess(
    'installation',
    'Put it into a trusted certificate group (Security, Trusted Certificate Groups).',
    'POST /trustedCertificateGroups',
  ),
  inPingAccess(
    'installation',
    `Set the token provider (Settings, System, Token Provider, PingFederate, Runtime): ${issuer}, and this group as Trusted Certificate Group${
      needsSingleLogout ? '; switch on single logout (useSlo), which this client needs' : ''
    }.`,
    'PUT /pingfederate/runtime',
  ),
]

const here = (text: string, call: string): Step => ({
  where: 'web_session_clients',
  once: 'client',
  text,
  call,
})

/** What is in the way of a login on the side of the client. */
const ready = ({ clientId, enabled, status, drift }: WebSessionClient): Step[] => [
  ...(drift === null
    ? []
    : [
        here(
          'Decide whose word counts: PingFederate has the client otherwise than it was set, and this recipe fits what was set.',
          `POST /web-session-clients/${clientId}/reconciliations`,
        ),
      ]),
  ...(enabled
    ? []
    : [
        here(
          'Switch the client on: nobody can log in through it while it is off.',
          `PATCH /web-session-clients/${clientId}`,
        ),
      ]),
  ...(status === 'replicating' || status === 'failed'
    ? [
        here(
          'Wait until its status is ready: it has not reached every engine of PingFederate.',
          `GET /web-session-clients/${clientId}`,
        ),
      ]
    : []),
]

const addVirtualHosts = (virtualHosts: PingAccessApplication['virtualHosts']): Step =>
  inPingAccess(
    'client',
    `Have the virtual hosts ${toText(virtualHosts)} (Applications, Virtual Hosts): the port is the one that browsers use.`,
    'POST /virtualhosts',
  )

const toText = (virtualHosts: PingAccessApplication['virtualHosts']): string =>
  virtualHosts.map(({ host, port }) => `${host}:${port}`).join(', ')

const getSecret = ({ clientId }: Pick<WebSessionClient, 'clientId'>, retrieval: RetrievalState): Step => {
  if (retrieval === 'outstanding')
    return here(
      'Redeem the retrieval token when you are about to paste the secret: it is handed out once.',
      'POST /secret-retrievals',
    )
  if (retrieval === 'delivered')
    return here(
      'Leave the secret to this service: it has put it into the web sessions that use the client, and puts a new one there.',
      `PUT /web-session-clients/${clientId}/web-session`,
    )
  return here(
    retrieval === 'redeemed'
      ? 'Have the secret at hand: it has been handed out, and nobody can read it again. If it is not in PingAccess and nobody has it, ask for a new one.'
      : 'Ask for a new secret: nobody has the one in force, and its retrieval token does not work any more.',
    `POST /web-session-clients/${clientId}/secret-rotations`,
  )
}

const addWebSession = ({ clientId }: Pick<WebSessionClient, 'clientId'>): Step =>
  inPingAccess(
    'client',
    `Add a web session (Access, Web Sessions, Add Web Session) with the values of webSession: Client ID ${clientId}, Client Credentials Type Secret, and as Client Secret the secret.`,
    'POST /webSessions',
  )

const useWebSession = ({ contextRoot, virtualHosts, deployReservedResources }: PingAccessApplication): Step =>
  inPingAccess(
    'client',
    `Choose this web session in the application of context root ${contextRoot} (Applications, Applications), with the virtual hosts ${toText(virtualHosts)} and Use context root as reserved resource base path ${deployReservedResources ? 'on' : 'off'}.`,
    'PUT /applications/{id}',
  )

/** Who reads no attributes needs no mapping, so only a policy that was chosen is worth a step. */
const mapIdentity = ({ oidcPolicy }: ClientSettings): Step[] =>
  oidcPolicy === null
    ? []
    : [
        inPingAccess(
          'client',
          `Let the identity mappings of the application read attributes of the OpenID Connect policy ${oidcPolicy}.`,
          'POST /identityMappings',
        ),
      ]
