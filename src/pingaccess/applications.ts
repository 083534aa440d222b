import { toCallbackBase } from '../ping-access-urls/callback.ts'
import type { ClientSettings } from '../pingfederate/client-settings.ts'

type Place = { host: string; port: number }

/** What an application has in PingAccess; it has one context root, and any number of virtual hosts. */
export type PingAccessApplication = {
  contextRoot: string
  virtualHosts: Place[]
  deployReservedResources: boolean
}

/** The applications behind the PingAccess URLs of a client, one for each context root. */
export const toApplications = ({
  pingAccessUrls,
  callbackUnder,
}: Pick<ClientSettings, 'pingAccessUrls' | 'callbackUnder'>): PingAccessApplication[] => {
  const places = Object.entries(Object.groupBy(pingAccessUrls.map(toPlace), ({ contextRoot }) => contextRoot))
  return places.map(([contextRoot, found = []]) => ({
    contextRoot,
    virtualHosts: found.map(({ host, port }) => ({ host, port })),
    deployReservedResources: callbackUnder === 'contextRoot',
  }))
}

const toPlace = (pingAccessUrl: string): Place & { contextRoot: string } => {
  const { hostname: host, port, pathname: contextRoot } = new URL(pingAccessUrl)
  return { host, port: port === '' ? 443 : Number(port), contextRoot }
}

type Redirects = Pick<ClientSettings, 'redirectUris' | 'otherRedirectUris'>

/** The redirect URIs at which PingAccess takes codes. */
export const findCallbacks = ({ redirectUris, otherRedirectUris }: Redirects): string[] =>
  redirectUris.filter(redirectUri => !otherRedirectUris.includes(redirectUri))

/**
 * What PingAccess keeps for itself (*Reserved Application Context Root*), as the redirect URIs of the client have it;
 * undefined where none of them is a callback of PingAccess.
 */
export const findReservedContextRoot = ({
  pingAccessUrls,
  callbackUnder,
  ...redirects
}: Pick<ClientSettings, 'pingAccessUrls' | 'callbackUnder'> & Redirects): string | undefined => {
  const bases = pingAccessUrls
    .map(url => toCallbackBase(url, callbackUnder))
    // The longest first: one PingAccess URL may stand below another.
    .toSorted((one, other) => other.length - one.length)
  const [callbackPath] = findCallbacks(redirects).flatMap(redirectUri => {
    const base = bases.find(each => redirectUri.startsWith(`${each}/`))
    return base === undefined ? [] : [redirectUri.slice(base.length)]
  })
  return callbackPath && `/${callbackPath.split('/')[1]}`
}
