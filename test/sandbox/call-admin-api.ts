import type { Sandbox } from '../../src/sandbox/sandbox.ts'

/** What the admin API answered; a body that isn't JSON stays a string. */
export interface AdminAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests look at a few fields of answers of many shapes
  readonly body: any
}

/** The manual's client. */
export const paWam = {
  clientId: 'pa_wam',
  name: 'PingAccessWebAccessManagement',
  clientAuth: { type: 'SECRET', secret: 'a-secret-of-32-characters-or-more' },
  redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
  bypassApprovalPage: true,
  grantTypes: ['AUTHORIZATION_CODE'],
} as const

/** Calls the admin API as its administrator; a header that is undefined is left out. */
export async function callAdminApi(
  { adminUrl, adminUsername, adminPassword }: Sandbox,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string | undefined> = {},
): Promise<AdminAnswer> {
  const all = {
    'x-xsrf-header': 'PingFederate',
    'content-type': 'application/json',
    authorization: basic(adminUsername, adminPassword),
    ...headers,
  }
  const sent = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const response = await fetch(`${adminUrl}/pf-admin-api/v1${path}`, {
    method,
    headers: new Headers(sent.map(([name, value]) => [name, value])),
    redirect: 'manual',
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, body: parse(await response.text()) }
}

/** The value of an Authorization header. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function parse(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
