import { randomUUID } from 'node:crypto'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Answer, TestService } from '../service.ts'

/** The manual's client in two fields. */
export const smallest = { clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] }

/** Every field a create request can have. */
export const fullest = {
  clientId: 'pay-portal',
  name: 'Payments portal',
  description: 'Payments behind PingAccess',
  team: 'payments',
  pingAccessUrls: ['https://pay.example.com', 'https://pay.example.com:8443/shop'],
  callbackUnder: 'contextRoot',
  scopes: ['profile', 'email'],
  requirePkce: true,
  logout: 'pingaccess',
  refreshTokens: true,
  oidcPolicy: 'default',
  accessTokenManager: 'jwt',
  retrieval: { ttlSeconds: 300, redeemableBy: 'requester' },
}

type Call = { method: string; path: string; body: unknown; status: number | undefined }

/** Every call PingFederate gets from now on. */
export const recordCalls = (sandbox: Sandbox): Call[] => {
  const calls: Call[] = []
  sandbox.pingFederate.onExchange(({ method, path, requestBody, status }) =>
    calls.push({ method, path, body: requestBody, status }),
  )
  return calls
}

/** Only the calls that would change something. */
export const writesOf = (calls: readonly Call[]): Call[] => calls.filter(({ method }) => method !== 'GET')

/** Ids of the clients that PingFederate has. */
export const clientIds = (sandbox: Sandbox): string[] =>
  sandbox.pingFederate.clients().map(({ clientId }) => clientId)

type SentClient = Record<string, unknown> & { clientAuth?: { type: string; secret: string } }

/** The clients that were sent to PingFederate, in their order. */
export const sentClients = (calls: readonly Call[]): SentClient[] =>
  calls
    .filter(({ method, path }) => method === 'POST' && path === '/oauth/clients')
    .map(({ body }) => body as SentClient)

/** As random as a caller's should be. */
export const createKey = (): string => randomUUID()

/** A create that may be repeated. */
export const createUnderKey = (
  { call }: Pick<TestService, 'call'>,
  key: string,
  { body = smallest, ...others }: NonNullable<Parameters<TestService['call']>[2]> = {},
): Promise<Answer> =>
  call('POST', '/web-session-clients', { ...others, body, headers: { 'idempotency-key': key } })

/** Asks again as long as the answer is that somebody works on it. */
export const createOnceSettled = async (
  service: Pick<TestService, 'call'>,
  key: string,
  options: Parameters<typeof createUnderKey>[2] = {},
): Promise<Answer> => {
  for (;;) {
    const answer = await createUnderKey(service, key, options)
    if (answer.body.code !== 'operation_in_progress') return answer
  }
}
