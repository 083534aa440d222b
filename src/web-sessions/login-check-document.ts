import { Type } from 'typebox'
import type { ProblemCode } from '../problem.ts'
import { clientWithoutRetrieval } from '../web-session-clients/examples.ts'
import { explainAnswer, explainPage } from './explain-answer.ts'
import type { LoginCheck } from './login-check-schema.ts'

const [redirectUri = ''] = clientWithoutRetrieval.redirectUris

const example: LoginCheck = {
  clientId: 'pa_wam',
  isReady: false,
  scopes: ['openid', 'address', 'email', 'phone', 'profile'],
  redirectUris: [redirectUri],
  nodes: [
    {
      url: 'https://engine-1.example.com:9031',
      redirectUri: null,
      ...explainAnswer({ kind: 'known' }),
    },
    { url: 'https://engine-2.example.com:9031', redirectUri, ...explainPage('same') },
  ],
}

/** What the API document says of the login check. */
export const loginCheckDocument = {
  description:
    'Begins a login at every runtime node of PingFederate, as PingAccess would for this client (scopes of the web session, each redirect URI, PKCE), with `prompt=none` and no person. A node that answers at exactly the redirect URI that somebody would have to log in knows client, redirect URI and scopes; anything else says what it lacks. No secret is sent, no redirect followed, and nothing changed.',
  check: {
    description: 'What each node answered.',
    content: {
      'application/json': { schema: Type.Unsafe<LoginCheck>(Type.Ref('LoginCheck')), example },
    },
  },
  problems: [
    'client_not_found',
    'runtime_not_configured',
    'pingfederate_busy',
  ] as const satisfies ProblemCode[],
}
