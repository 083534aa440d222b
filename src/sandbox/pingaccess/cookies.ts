import type { IncomingMessage } from 'node:http'
import type { WebSession } from './schema.ts'

/** The cookies of a request by their names. */
export function readCookies({ headers }: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = (headers.cookie ?? '').split(/; */).map(pair => pair.split('='))
  return new Map(pairs.map(([name = '', ...value]) => [name, value.join('=')]))
}

/** A cookie with the attributes that the web session says; without a value it ends the one that is there. */
export function toCookie(
  name: string,
  value: string | undefined,
  webSession: Partial<WebSession> = {},
): string {
  const { secureCookie = true, httpOnlyCookie = true, sameSite = 'Disabled', cookieDomain } = webSession
  return [
    `${name}=${value ?? ''}`,
    'Path=/',
    ...(value === undefined ? ['Max-Age=0'] : []),
    ...(cookieDomain === undefined ? [] : [`Domain=${cookieDomain}`]),
    ...(secureCookie ? ['Secure'] : []),
    ...(httpOnlyCookie ? ['HttpOnly'] : []),
    ...(sameSite === 'Disabled' ? [] : [`SameSite=${sameSite}`]),
  ].join('; ')
}
