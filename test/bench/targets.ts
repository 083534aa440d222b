import { randomBytes } from 'node:crypto'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Sent, Target } from './load.ts'
import type { Running } from './processes.ts'

/** Whose clients are made, listed, changed and redeemed. */
export const team = 'payments'

const callback = 'https://mypingaccessserver:3000/pa/oidc/cb'
const pingAccessUrls = ['https://mypingaccessserver:3000']

/** A change of clients that there are. */
export type Change = {
  method: Target['method']
  status: number
  /** Of a client. */
  toPath: (clientId: string) => string
  /** Differs from request to request by the number. */
  toBody: (count: number) => unknown
  /** What each connection changes; nobody else may, or one would find the other's change under way. */
  clientIds: readonly (readonly string[])[]
}

/** The requests that are measured, by the server that answers them. */
export const createTargets = (sandbox: Sandbox, accessToken: string) => {
  const newIds = makeIds()
  const json = ['content-type', 'application/json']
  const headers = [...json, 'authorization', `Bearer ${accessToken}`]
  const post = { method: 'POST', headers, status: 201 } as const
  return {
    /** A client id that no other request has. */
    newId: () => newIds.next().value,
    create: ({ url }: Running, clientIds: Iterator<string> = newIds): Target => ({
      ...{ ...post, url },
      next: inTurn('/web-session-clients', clientIds, clientId => ({ clientId, pingAccessUrls })),
    }),
    redeem: ({ url }: Running, tokens: readonly string[]): Target => ({
      ...{ ...post, url, status: 200 },
      next: inTurn('/secret-retrievals', tokens.values(), token => ({ token })),
    }),
    change: ({ url }: Running, { method, status, ...change }: Change): Target => ({
      ...{ url, method, status },
      // Only a PATCH has to say what it changes.
      headers: method === 'PATCH' ? [...headers, 'if-match', '*'] : headers,
      next: nextChange(change),
    }),
    list: ({ url }: Running, query: string): Target => ({
      ...{ url, method: 'GET', headers: headers.slice(json.length), status: 200 },
      next: () => ({ path: `/web-session-clients?${query}`, body: null }),
    }),
    direct: ({ url }: Running): Target => ({
      ...{ ...post, url, headers: Object.entries(adminHeaders(sandbox)).flat() },
      next: inTurn(directPath, newIds, toPingFederateBody),
    }),
    register: ({ url }: Running): Target => ({
      ...{ ...post, url, headers: json },
      next: inTurn('/reg', newIds, name => ({ client_name: name, redirect_uris: [callback] })),
    }),
  }
}

function* makeIds(): Generator<string, never> {
  for (let count = 0; ; count += 1) yield `bench_${count}`
}

/** A request for each of the values, on whichever connection is free. */
const inTurn =
  (path: string, values: Iterator<string>, toBody: (value: string) => unknown): Target['next'] =>
  () => {
    const { value, done } = values.next()
    return done ? undefined : { path, body: JSON.stringify(toBody(value)) }
  }

const nextChange = ({
  clientIds,
  toPath,
  toBody,
}: Omit<Change, 'method' | 'status'>): ((connection: number) => Sent | undefined) => {
  let count = 0
  return connection => {
    count += 1
    const own = clientIds[connection] ?? []
    const clientId = own[Math.floor(count / clientIds.length) % own.length]
    return clientId === undefined
      ? undefined
      : { path: toPath(clientId), body: JSON.stringify(toBody(count)) }
  }
}

const directPath = '/pf-admin-api/v1/oauth/clients'

/** What the service sends for the smallest request. */
const toPingFederateBody = (clientId: string) => ({
  clientId,
  name: clientId,
  description: `Web session client of ${team} [web-session-clients 01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10]`,
  clientAuth: { type: 'SECRET', secret: randomBytes(48).toString('base64url') },
  redirectUris: [callback],
  bypassApprovalPage: true,
  grantTypes: ['AUTHORIZATION_CODE'],
})

const adminHeaders = ({ adminUsername, adminPassword }: Sandbox) => ({
  authorization: `Basic ${Buffer.from(`${adminUsername}:${adminPassword}`).toString('base64')}`,
  'x-xsrf-header': 'PingFederate',
  'content-type': 'application/json',
})

/** A whole answer to a create, without what differs between clients. */
export const recordAnswer = async (sandbox: Sandbox): Promise<string> => {
  const body = JSON.stringify(toPingFederateBody('recorded'))
  const response = await fetch(sandbox.adminUrl + directPath, {
    method: 'POST',
    headers: adminHeaders(sandbox),
    body,
  })
  if (response.status !== 201) throw new Error(`The sandbox answered ${response.status}.`)
  const { clientId, name, description, ...others } = (await response.json()) as Record<string, unknown>
  return JSON.stringify(others)
}
