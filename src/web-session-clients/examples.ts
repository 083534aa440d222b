import type { Static } from 'typebox'
import { exampleToken } from '../secret-retrievals/token.ts'
import type { CreatedWebSessionClient, WebSessionClient, WebSessionClientWithRetrieval } from './schema.ts'

/** The first one is what Swagger UI starts with: Ping's manual, in two fields. */
export const createExamples = {
  smallest: {
    summary: 'Two fields',
    value: {
      clientId: 'pa_wam',
      pingAccessUrls: ['https://mypingaccessserver:3000'],
    },
  },
  fullest: {
    summary: 'Every field',
    value: {
      clientId: 'pay-portal',
      name: 'Payments portal',
      description: 'Payments behind PingAccess',
      team: 'payments',
      pingAccessUrls: ['https://pay.example.com', 'https://pay.example.com:8443/shop'],
      scopes: ['profile', 'email'],
      requirePkce: true,
      logout: 'pingaccess',
      refreshTokens: false,
      oidcPolicy: 'default',
      accessTokenManager: 'jwt',
      retrieval: { ttlSeconds: 900, redeemableBy: 'team' },
    },
  },
}

const client: WebSessionClient = {
  clientId: 'pa_wam',
  name: 'pa_wam',
  description: null,
  team: 'payments',
  pingAccessUrls: ['https://mypingaccessserver:3000'],
  redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
  grantTypes: ['authorization_code'],
  bypassAuthorizationApproval: true,
  scopes: null,
  requirePkce: false,
  logout: 'none',
  refreshTokens: false,
  oidcPolicy: null,
  accessTokenManager: null,
  status: 'ready',
  createdAt: '2026-11-23T17:00:00.000Z',
  createdBy: 'payments-pipeline',
  updatedAt: '2026-11-23T17:00:00.000Z',
}

export const createdExample: Static<typeof CreatedWebSessionClient> = {
  ...client,
  retrieval: {
    token: exampleToken,
    state: 'outstanding',
    expiresAt: '2026-11-23T17:15:00.000Z',
    redeemableBy: 'team',
  },
}

export const clientExample: Static<typeof WebSessionClientWithRetrieval> = {
  ...client,
  retrieval: {
    state: 'redeemed',
    expiresAt: '2026-11-23T17:15:00.000Z',
    redeemableBy: 'team',
    redeemedAt: '2026-11-23T17:01:12.000Z',
    redeemedBy: 'payments-pipeline',
  },
}

export const pageExample = { items: [client], nextCursor: null }
