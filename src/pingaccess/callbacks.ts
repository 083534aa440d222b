import type { LiveApplication, LiveVirtualHost } from './live.ts'

/** Where PingAccess takes codes, below its reserved application context root. */
const callbackPath = '/oidc/cb'

/** A host, which may be a wildcard, and the port that browsers use. */
export type Place = Pick<LiveVirtualHost, 'host' | 'port'>

/** A redirect URI that is a callback of PingAccess. */
export type Callback = Place & {
  redirectUri: string
  /** The context root that it is below; empty for the root of the virtual host. */
  base: string
  /** The reserved application context root. */
  root: string
}

/** The callbacks among redirect URIs, whatever the reserved application context root is. */
export const findLiveCallbacks = (redirectUris: readonly string[]): Callback[] =>
  redirectUris.flatMap(redirectUri => {
    const url = URL.parse(redirectUri)
    const [, base = '', root] = /^(.*)(\/[^/]+)\/oidc\/cb$/.exec(url?.pathname ?? '') ?? []
    if (url?.protocol !== 'https:' || root === undefined) return []
    return [{ redirectUri, host: url.hostname, port: url.port === '' ? 443 : Number(url.port), base, root }]
  })

/** What an application answers callbacks below, the reserved application context root aside. */
export const toBase = ({
  contextRoot,
  deployReservedResources,
}: Pick<LiveApplication, 'contextRoot' | 'deployReservedResources'>): string =>
  deployReservedResources ? contextRoot.replace(/\/$/, '') : ''

/** The redirect URI that PingAccess sends. */
export const toCallback = (place: Place, base: string, root: string): string =>
  toOrigin(place) + base + root + callbackPath

export const toOrigin = ({ host, port }: Place): string => `https://${host}${port === 443 ? '' : `:${port}`}`

export const toHostAndPort = ({ host, port }: Place): string => `${host}:${port}`

/** `*` is any host, and `*.example.com` any below that. */
export const isWildcard = ({ host }: Pick<Place, 'host'>): boolean => host.startsWith('*')

/** Whether one is the other, or a wildcard that has it; the ports have to be the same in any case. */
export const isSamePlace = (one: Place, other: Place): boolean => {
  const [first, second] = [one.host.toLowerCase(), other.host.toLowerCase()]
  if (one.port !== other.port) return false
  return first === second || covers(first, second) || covers(second, first)
}

const covers = (pattern: string, host: string): boolean =>
  pattern.startsWith('*') && host.endsWith(pattern.slice(1))
