import type { Static } from 'typebox'
import { exampleToken } from '../secret-retrievals/token.ts'
import type {
  CreatedWebSessionClient,
  IssuedRetrieval,
  WebSessionClient,
  WebSessionClientWithRetrieval,
} from './schema.ts'

export const clientWithoutRetrieval: WebSessionClient = {
  clientId: 'pa_wam',
  name: 'pa_wam',
  description: null,
  team: 'payments',
  pingAccessUrls: ['https://mypingaccessserver:3000'],
  callbackUnder: 'host',
  redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
  otherRedirectUris: [],
  grantTypes: ['authorization_code'],
  bypassAuthorizationApproval: true,
  scopes: null,
  requirePkce: false,
  logout: 'none',
  refreshTokens: false,
  oidcPolicy: null,
  accessTokenManager: null,
  enabled: true,
  status: 'ready',
  drift: null,
  delivery: null,
  createdAt: '2026-11-23T17:00:00.000Z',
  createdBy: 'payments-pipeline',
  updatedAt: '2026-11-23T17:00:00.000Z',
}

export const createdRetrieval: Static<typeof IssuedRetrieval> = {
  token: exampleToken,
  state: 'outstanding',
  expiresAt: '2026-11-23T17:15:00.000Z',
  redeemableBy: 'team',
}

export const createdExample: Static<typeof CreatedWebSessionClient> = {
  ...clientWithoutRetrieval,
  retrieval: createdRetrieval,
}

export const clientExample: Static<typeof WebSessionClientWithRetrieval> = {
  ...clientWithoutRetrieval,
  retrieval: {
    state: 'redeemed',
    expiresAt: '2026-11-23T17:15:00.000Z',
    redeemableBy: 'team',
    redeemedAt: '2026-11-23T17:01:12.000Z',
    redeemedBy: 'payments-pipeline',
  },
  secretChangedAt: '2026-11-23T17:00:00.000Z',
  previousSecretEndsAt: null,
  secretDueAt: '2027-11-23T17:00:00.000Z',
}

export const pageExample = { items: [clientWithoutRetrieval], nextCursor: null }
