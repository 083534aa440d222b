/** An `http:` upstream is accepted on these hosts only: what never leaves the machine needs no TLS. */
const isLoopbackHost = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)

/** Whether a value is a URL without user, query and fragment, and of a kind that is allowed. */
export const isPlainUrl = (value: string, isAllowed: (url: URL) => boolean): boolean => {
  const url = URL.parse(value)
  return url !== null && !url.username && !url.password && !/[?#]/.test(value) && isAllowed(url)
}

/** Whether a value may be the URL of PingFederate or the issuer: `https:`, or `http:` on a loopback address. */
export const isUpstreamUrl = (value: string): boolean =>
  isPlainUrl(
    value,
    url => url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)),
  )
