import { smallest } from '../web-session-clients/requests.ts'

/** Scopes that only admins have: what they open is seen in what an admin is answered. */
export const adminScopes = ['web-session-clients:admin', 'audit:read:all']

/**
 * Who calls. All but those without a scope have every scope that an operation asks for, but for those of admins; where
 * any will do, those without a scope have none. An admin has those of admins as well and is of another team.
 */
export const callers = [
  'no token',
  'forged token',
  'without scope',
  'other team',
  'requester',
  'same subject, other client',
  'team',
  'admin',
  'admin without scope',
] as const
export type Caller = (typeof callers)[number]

/** What a call is about: the client a requester of the team `payments` has just made, or one and a team that are not there. */
export type Target = { clientId: string; token: string; operationId: string; team: string }

export type Row = {
  /** What distinguishes it from the operation's other rows. */
  what?: string
  request: (target: Target) => {
    path: string
    body?: unknown
    query?: string
    headers?: Record<string, string>
  }
  /** Who may redeem the target's secret; the team where it does not say. */
  redeemableBy?: 'requester'
  /** Status, and the code of a problem. */
  answers: Record<Caller, string>
  /** Where others must not learn whether it exists (design: 404, not 403): no difference to what is not there. */
  hiddenFrom?: readonly Caller[]
}

const declared = { pingAccessUrls: smallest.pingAccessUrls }

const refused = {
  'no token': '401 unauthenticated',
  'forged token': '401 invalid_token',
  'without scope': '403 insufficient_scope',
  'admin without scope': '403 insufficient_scope',
}
const everybody = (answer: string): Record<Caller, string> =>
  Object.fromEntries(callers.map(caller => [caller, answer])) as Record<Caller, string>
const ofTheTeam = (answer: string, hidden: string): Pick<Row, 'answers' | 'hiddenFrom'> => ({
  answers: {
    ...refused,
    ...{ requester: answer, 'same subject, other client': answer, team: answer, admin: answer },
    'other team': hidden,
  },
  hiddenFrom: ['other team'],
})
/** A secret is the owning team's, whatever scope anybody else has. */
const ofTheTeamAlone = (answer: string, hidden: string): Pick<Row, 'answers' | 'hiddenFrom'> => ({
  answers: { ...ofTheTeam(answer, hidden).answers, admin: hidden },
  hiddenFrom: ['other team', 'admin'],
})

/** Each operation of the API document by its id, and what each caller is answered. */
export const rows: Record<string, readonly Row[]> = {
  getLiveness: [{ request: () => ({ path: '/health/live' }), answers: everybody('200') }],
  getReadiness: [{ request: () => ({ path: '/health/ready' }), answers: everybody('200') }],
  getMetrics: [{ request: () => ({ path: '/metrics' }), answers: everybody('200') }],
  createWebSessionClient: [
    {
      what: 'of an id of its own',
      request: ({ clientId }) => ({
        path: '/web-session-clients',
        body: { ...smallest, clientId: `${clientId}-2` },
      }),
      answers: {
        ...refused,
        'other team': '201',
        requester: '201',
        'same subject, other client': '201',
        team: '201',
        admin: '201',
      },
    },
    {
      what: 'for the team payments',
      request: ({ clientId, team }) => ({
        path: '/web-session-clients',
        body: { ...smallest, clientId: `${clientId}-2`, team },
      }),
      answers: {
        ...refused,
        ...{ requester: '201', 'same subject, other client': '201', team: '201' },
        ...{ 'other team': '403 team_not_yours', admin: '201' },
      },
      hiddenFrom: ['other team'],
    },
    {
      what: 'of an id that is taken',
      request: ({ clientId }) => ({ path: '/web-session-clients', body: { ...smallest, clientId } }),
      answers: {
        ...refused,
        ...{
          requester: '409 client_id_taken',
          'same subject, other client': '409 client_id_taken',
          team: '409 client_id_taken',
        },
        ...{ 'other team': '409 client_id_taken', admin: '409 client_id_taken' },
      },
    },
  ],
  listWebSessionClients: [
    {
      what: 'of all its teams',
      request: () => ({ path: '/web-session-clients' }),
      answers: {
        ...refused,
        'other team': '200',
        requester: '200',
        'same subject, other client': '200',
        team: '200',
        admin: '200',
      },
    },
    {
      what: 'of the team payments',
      request: ({ team }) => ({ path: '/web-session-clients', query: `?team=${team}` }),
      answers: {
        ...refused,
        'other team': '200',
        requester: '200',
        'same subject, other client': '200',
        team: '200',
        admin: '200',
      },
      hiddenFrom: ['other team'],
    },
  ],
  getWebSessionClient: [
    {
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}` }),
      ...ofTheTeam('200', '404 client_not_found'),
    },
  ],
  ensureWebSessionClient: [
    {
      what: 'of an id of its own',
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}-2`, body: declared }),
      answers: {
        ...refused,
        ...{ 'other team': '201', requester: '201', team: '201', admin: '201' },
        'same subject, other client': '201',
      },
    },
    ...['', '?dryRun=true'].map(query => ({
      what: `of an id that is taken${query && ', tried'}`,
      request: ({ clientId }: Target) => ({
        path: `/web-session-clients/${clientId}`,
        query,
        body: declared,
      }),
      answers: {
        ...refused,
        ...{ 'other team': '409 client_id_taken', requester: '200', team: '200' },
        ...{ 'same subject, other client': '200', admin: '200' },
      },
    })),
  ],
  updateWebSessionClient: [
    {
      what: 'done',
      request: ({ clientId }) => ({
        path: `/web-session-clients/${clientId}`,
        body: { requirePkce: true },
        headers: { 'if-match': '*' },
      }),
      ...ofTheTeam('200', '404 client_not_found'),
    },
    {
      what: 'tried',
      request: ({ clientId }) => ({
        path: `/web-session-clients/${clientId}`,
        query: '?dryRun=true',
        body: { requirePkce: true },
        headers: { 'if-match': '*' },
      }),
      ...ofTheTeam('200', '404 client_not_found'),
    },
  ],
  // Whoever has the scope is the IAM team, and may know which clients there are.
  adoptWebSessionClients: [
    {
      request: ({ clientId, team }) => ({ path: '/adoptions', body: { team, clientIds: [clientId] } }),
      answers: {
        ...everybody('403 insufficient_scope'),
        ...{ 'no token': '401 unauthenticated', 'forged token': '401 invalid_token', admin: '200' },
      },
    },
  ],
  getDrift: [
    {
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}/drift` }),
      ...ofTheTeam('200', '404 client_not_found'),
    },
  ],
  getWebSessionRecipe: [
    {
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}/web-session` }),
      ...ofTheTeam('200', '404 client_not_found'),
    },
  ],
  // The same for every client of the installation.
  getTokenProvider: [
    {
      request: () => ({ path: '/token-provider' }),
      answers: {
        ...refused,
        ...{ 'other team': '200', requester: '200', 'same subject, other client': '200' },
        ...{ team: '200', admin: '200' },
      },
    },
  ],
  // Like an adoption the IAM team's; no PingAccess is configured here.
  importCertificate: [
    {
      request: () => ({ path: '/token-provider/certificate', body: {} }),
      answers: {
        ...everybody('403 insufficient_scope'),
        ...{ 'no token': '401 unauthenticated', 'forged token': '401 invalid_token' },
        admin: '409 pingaccess_not_configured',
      },
    },
  ],
  checkClientLogin: [
    {
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}/login-check` }),
      ...ofTheTeam('200', '404 client_not_found'),
    },
  ],
  reconcileWebSessionClient: [
    {
      request: ({ clientId }) => ({
        path: `/web-session-clients/${clientId}/reconciliations`,
        body: { direction: 'reapply' },
      }),
      ...ofTheTeam('200', '404 client_not_found'),
    },
  ],
  rotateSecret: [
    {
      what: 'done',
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}/secret-rotations`, body: {} }),
      ...ofTheTeam('201', '404 client_not_found'),
    },
    {
      what: 'tried',
      request: ({ clientId }) => ({
        path: `/web-session-clients/${clientId}/secret-rotations`,
        query: '?dryRun=true',
      }),
      ...ofTheTeam('200', '404 client_not_found'),
    },
  ],
  deliverSecret: [
    {
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}/web-session`, body: {} }),
      ...ofTheTeam('409 pingaccess_not_configured', '404 client_not_found'),
    },
  ],
  deleteWebSessionClient: [
    {
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}` }),
      ...ofTheTeam('409 client_enabled', '404 client_not_found'),
    },
  ],
  revokePreviousSecrets: [
    {
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}/previous-secrets` }),
      ...ofTheTeam('204', '404 client_not_found'),
    },
  ],
  revokeRetrieval: [
    {
      request: ({ clientId }) => ({ path: `/web-session-clients/${clientId}/retrieval` }),
      ...ofTheTeam('204', '404 client_not_found'),
    },
  ],
  getOperation: [
    {
      request: ({ operationId }) => ({ path: `/operations/${operationId}` }),
      ...ofTheTeam('200', '404 operation_not_found'),
    },
  ],
  listAuditEvents: [
    {
      what: 'of all its teams',
      request: () => ({ path: '/audit-events' }),
      answers: {
        ...refused,
        'other team': '200',
        requester: '200',
        'same subject, other client': '200',
        team: '200',
        admin: '200',
      },
    },
    {
      what: 'of a client',
      request: ({ clientId }) => ({ path: '/audit-events', query: `?clientId=${clientId}` }),
      answers: {
        ...refused,
        'other team': '200',
        requester: '200',
        'same subject, other client': '200',
        team: '200',
        admin: '200',
      },
      hiddenFrom: ['other team'],
    },
  ],
  listTeams: [
    {
      request: () => ({ path: '/teams' }),
      answers: {
        ...everybody('200'),
        'no token': '401 unauthenticated',
        'forged token': '401 invalid_token',
      },
      hiddenFrom: ['other team', 'admin'],
    },
  ],
  redeemSecret: [
    {
      what: 'by the team',
      request: ({ token }) => ({ path: '/secret-retrievals', body: { token } }),
      ...ofTheTeamAlone('200', '404 retrieval_not_found'),
    },
    {
      what: 'by the requester only',
      request: ({ token }) => ({ path: '/secret-retrievals', body: { token } }),
      redeemableBy: 'requester',
      answers: {
        ...ofTheTeamAlone('200', '404 retrieval_not_found').answers,
        'same subject, other client': '404 retrieval_not_found',
        team: '404 retrieval_not_found',
      },
      hiddenFrom: ['other team', 'same subject, other client', 'team', 'admin'],
    },
  ],
  lookUpRetrieval: [
    {
      what: 'by the team',
      request: ({ token }) => ({ path: '/secret-retrievals/lookup', body: { token } }),
      ...ofTheTeamAlone('200', '404 retrieval_not_found'),
    },
    {
      what: 'by the requester only',
      request: ({ token }) => ({ path: '/secret-retrievals/lookup', body: { token } }),
      redeemableBy: 'requester',
      answers: {
        ...ofTheTeamAlone('200', '404 retrieval_not_found').answers,
        'same subject, other client': '404 retrieval_not_found',
        team: '404 retrieval_not_found',
      },
      hiddenFrom: ['other team', 'same subject, other client', 'team', 'admin'],
    },
  ],
}
