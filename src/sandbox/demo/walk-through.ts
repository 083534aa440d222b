import { type Answer, call, isRecord } from '../call.ts'
import type { Sandbox, SandboxPingAccess } from '../sandbox.ts'
import { deliverSecret } from './delivery.ts'
import { setUpPingAccess } from './first-login.ts'
import { replaceSecret } from './new-secret.ts'
import { expect, type Step, Unexpected } from './step.ts'
import { mask, type Row } from './terminal.ts'

/** Ping's manual, "Creating a web session client", as a request: its Client ID and its redirect URI's base. */
const smallest = { clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] }
const redirectUri = 'https://mypingaccessserver:3000/pa/oidc/cb'
const caller = 'payments-pipeline'

/** Where the walk-through goes. */
export interface Route {
  readonly sandbox: Sandbox
  readonly pingAccess: SandboxPingAccess
  readonly serviceUrl: string
  readonly step: Step
}

/** From two fields to a person who is logged in, to a new secret, and to one that nobody sees; every step asserts what it promises. */
export async function walkThrough({ sandbox, pingAccess, serviceUrl, step }: Route): Promise<void> {
  const token = await step(`Get an access token as ${caller}`, () => sandbox.accessToken({ service: caller }))
  const send = (method: string, path: string, body?: unknown) =>
    call(method, serviceUrl + path, { authorization: `Bearer ${token}` }, body)
  const post = (path: string, body: unknown) => send('POST', path, body)
  const retrievalToken = await create(step, post)
  await step('Find it in PingFederate, as Ping’s manual sets it up', () => readClient(sandbox), showClient)
  const secret = await redeem(step, post, 'Redeem its secret: 200', retrievalToken)
  await redeemAgain(step, post, retrievalToken)
  const { clientId } = smallest
  const { open, logIn } = await setUpPingAccess({ step, pingAccess, send, clientId, secret })
  await replaceSecret({
    ...{ step, send, clientId, former: secret, logIn },
    redeem: (what, newToken) => redeem(step, post, what, newToken),
    toToken: retrieval => toRetrieval(retrieval).token,
  })
  await deliverSecret({ step, clientId, send, open })
}

type Post = (path: string, body: unknown) => Promise<Answer>

async function create(step: Step, post: Post): Promise<string> {
  const { retrieval } = await step(
    'Create a client with two fields: 201',
    async () => {
      const { status, body, text } = await post('/web-session-clients', smallest)
      expect('POST /web-session-clients', status, 201, text)
      expect('status', body['status'], 'ready')
      return { retrieval: toRetrieval(body['retrieval']) }
    },
    ({ retrieval: { token, expiresAt } }) => [
      ['sent', JSON.stringify(smallest)],
      ['token', `${mask(token, 'wscrt_'.length + 2)}, good once, until ${expiresAt}`],
    ],
  )
  return retrieval.token
}

function toRetrieval(value: unknown): { token: string; expiresAt: string } {
  const { token, expiresAt } = isRecord(value) ? value : {}
  if (typeof token === 'string' && typeof expiresAt === 'string') return { token, expiresAt }
  throw new Unexpected('retrieval: expected a token and its expiry, got neither')
}

async function readClient({ adminUrl, adminUsername, adminPassword }: Sandbox): Promise<Answer['body']> {
  const credentials = Buffer.from(`${adminUsername}:${adminPassword}`).toString('base64')
  const { status, body, text } = await call(
    'GET',
    `${adminUrl}/pf-admin-api/v1/oauth/clients/${smallest.clientId}`,
    { authorization: `Basic ${credentials}`, 'x-xsrf-header': 'PingFederate' },
  )
  expect(`GET /oauth/clients/${smallest.clientId}`, status, 200, text)
  expect('redirectUris', body['redirectUris'], [redirectUri])
  expect('grantTypes', body['grantTypes'], ['AUTHORIZATION_CODE'])
  expect('bypassApprovalPage', body['bypassApprovalPage'], true)
  expect('enabled', body['enabled'], true)
  return body
}

function showClient(client: Answer['body']): Row[] {
  const auth = isRecord(client['clientAuth']) ? client['clientAuth'] : {}
  const shown = {
    'Client ID': client['clientId'],
    Name: client['name'],
    'Client Authentication': auth['type'],
    'Redirect URIs': client['redirectUris'],
    'Bypass Authorization Approval': client['bypassApprovalPage'],
    'Allowed Grant Types': client['grantTypes'],
  }
  return Object.entries(shown).map(([name, value]) => [name, String(value)])
}

async function redeem(step: Step, post: Post, what: string, token: string): Promise<string> {
  return await step(
    what,
    async () => {
      const { status, body } = await post('/secret-retrievals', { token })
      expect('POST /secret-retrievals', status, 200, String(body['detail'] ?? ''))
      const secret = body['clientSecret']
      if (typeof secret === 'string') return secret
      throw new Unexpected('clientSecret: expected a text, got none')
    },
    secret => [['secret', mask(secret)]],
  )
}

async function redeemAgain(step: Step, post: Post, token: string): Promise<void> {
  await step(
    'Redeem it again: 410',
    async () => {
      const { status, body } = await post('/secret-retrievals', { token })
      expect('POST /secret-retrievals', status, 410, String(body['detail'] ?? ''))
      expect('code', body['code'], 'retrieval_redeemed')
      return body
    },
    body => [[String(body['code']), `${String(body['detail']).split('. ')[0]}.`]],
  )
}
