import { clientWithoutRetrieval } from '../web-session-clients/examples.ts'
import { compareAgreement } from './compare-agreement.ts'
import type { LiveAgreement } from './live-agreement-schema.ts'

const { clientId, team: _team, ...settings } = clientWithoutRetrieval

/** A web session that asks for a scope which the client may not ask for. */
export const liveAgreementExample: LiveAgreement = compareAgreement({
  recorded: { clientId, settings },
  client: {
    ...{ ...settings, scopes: ['openid', 'profile'], authentication: 'SECRET' },
    ...{ requiresPushedRequests: false, mayAskForRevocation: false },
  },
  policies: undefined,
  issuer: 'https://sso.example.com',
  pingAccess: {
    webSessions: [
      {
        ...{ id: 3, name: clientId, clientId, credentialsType: 'SECRET', oidcLoginType: 'Code' },
        ...{ scopes: ['profile', 'email'], pkceChallengeType: 'SHA256' },
        ...{ enablePushAuthorization: false, validateSessionIsAlive: false },
      },
    ],
    applications: [
      {
        ...{ id: 7, name: 'shop', contextRoot: '/', deployReservedResources: false },
        ...{ virtualHostIds: [2], webSessionId: 3, identityMappingIds: [] },
      },
    ],
    virtualHosts: [{ id: 2, host: 'mypingaccessserver', port: 3000 }],
    identityMappings: [],
    reservedContextRoot: '/pa',
    tokenProvider: { issuer: 'https://sso.example.com', useSlo: true },
  },
})
