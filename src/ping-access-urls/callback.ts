/**
 * Below what PingAccess answers the callback of a login.
 * - `host`: at the root of the virtual host; what PingAccess does unless an application says otherwise
 * - `contextRoot`: below the context root, where the application has *Use context root as reserved resource base path*
 */
export const callbackUnders = ['host', 'contextRoot'] as const
export type CallbackUnder = (typeof callbackUnders)[number]

/** What stands before the callback path in the redirect URI of a normalised PingAccess URL. */
export const toCallbackBase = (pingAccessUrl: string, callbackUnder: CallbackUnder): string =>
  callbackUnder === 'host' ? new URL(pingAccessUrl).origin : pingAccessUrl

/** The redirect URI of a normalised PingAccess URL. */
export const toRedirectUri = (
  pingAccessUrl: string,
  callbackUnder: CallbackUnder,
  callbackPath: string,
): string => toCallbackBase(pingAccessUrl, callbackUnder) + callbackPath

/** What stands before the callback path in those redirect URIs that end with it; the others are left out. */
export const findCallbackBases = (redirectUris: readonly string[], callbackPath: string): string[] =>
  redirectUris.filter(uri => uri.endsWith(callbackPath)).map(uri => uri.slice(0, -callbackPath.length))

/** PingAccess URLs, and the redirect URIs that were derived from them, each once. */
type Derived = Readonly<{
  pingAccessUrls: readonly string[]
  redirectUris: readonly string[]
  callbackUnder: CallbackUnder
}>

/**
 * Index of the PingAccess URL that a redirect URI was derived from, of the first one where several have the same host;
 * undefined for a redirect URI that there is not.
 */
export const findSource = (
  { pingAccessUrls, redirectUris, callbackUnder }: Derived,
  index: number,
): number | undefined => {
  const redirectUri = redirectUris[index]
  if (redirectUri === undefined) return undefined
  if (callbackUnder === 'contextRoot') return index
  const { origin } = new URL(redirectUri)
  const source = pingAccessUrls.findIndex(url => new URL(url).origin === origin)
  return source < 0 ? undefined : source
}
