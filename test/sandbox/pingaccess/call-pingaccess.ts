import type { PingAccess } from '../../../src/sandbox/pingaccess/pingaccess.ts'
import { basic } from '../call-admin-api.ts'

/** Calls PingAccess's admin API as its administrator; a header that is undefined is left out. */
export const callPingAccess = async (
  { adminUrl, adminUsername, adminPassword }: PingAccess,
  method: string,
  path: string,
  body?: unknown,
  others: Record<string, string | undefined> = {},
) => {
  const headers = new Headers()
  const all = {
    'x-xsrf-header': 'PingAccess',
    authorization: basic(adminUsername, adminPassword),
    ...others,
  }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) headers.set(name, value)
  const response = await fetch(`${adminUrl}/pa-admin-api/v3${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  // biome-ignore lint/suspicious/noExplicitAny: tests look at a few fields of answers of many shapes
  const json: any = text === '' ? undefined : JSON.parse(text)
  return { status: response.status, headers: response.headers, body: json }
}
