import type { CreateDryRun } from './dry-run-schema.ts'

/** What the smallest request is answered, with three of its settings: the page would be nothing but the others. */
export const dryRunExample: CreateDryRun = {
  changes: [
    {
      method: 'POST',
      path: '/pf-admin-api/v1/oauth/clients',
      body: {
        clientId: 'pa_wam',
        name: 'pa_wam',
        description: 'Web session client of payments [web-session-clients <operation id>]',
        clientAuth: { type: 'SECRET', secret: '[masked]' },
        redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
        bypassApprovalPage: true,
        grantTypes: ['AUTHORIZATION_CODE'],
      },
    },
  ],
  warnings: [],
  webSessions: null,
  settings: [
    { pointer: '/clientId', value: 'pa_wam', source: 'request', reason: 'You sent it.' },
    {
      pointer: '/grantTypes',
      value: ['authorization_code'],
      source: 'manual',
      reason: 'The manual allows this grant and no other.',
    },
    {
      pointer: '/retrieval/ttlSeconds',
      value: 900,
      source: 'configuration',
      reason: 'RETRIEVAL_TTL_SECONDS of this installation.',
    },
  ],
}
