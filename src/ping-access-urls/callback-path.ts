import { type BrokenRule, when } from './rule.ts'

/** Of a redirect URI; PingFederate keeps clients in stores that take no longer one. */
const maxRedirectUriLength = 512

/** A normalised PingAccess URL, cut before its context root. */
export type CutUrl = Readonly<{
  origin: string
  contextRoot: string
  callbackPath: string
  /** Whether nothing else is wrong with it, so that a part of it can be proposed. */
  isPlain: boolean
}>

/**
 * What a PingAccess URL breaks because of where PingAccess answers the callback. PingAccess keeps the first segment of the
 * callback path for itself: no application can have it as context root. An application may ignore the case of letters in
 * paths, so their case makes no difference here.
 */
export const checkCallback = (url: CutUrl): BrokenRule[] => {
  if (endsWithCallback(url.contextRoot, url)) return [redirectUriSent(url)]
  if (isReserved(url.contextRoot, url)) return [reservedPath(url)]
  return checkLength(url)
}

type CallbackPath = Pick<CutUrl, 'callbackPath'>

const endsWithCallback = (contextRoot: string, { callbackPath }: CallbackPath): boolean =>
  contextRoot.toLowerCase().endsWith(callbackPath.toLowerCase())

const isReserved = (contextRoot: string, url: CallbackPath): boolean =>
  `${contextRoot.toLowerCase()}/`.startsWith(`${reservedBy(url).toLowerCase()}/`)

const reservedBy = ({ callbackPath }: CallbackPath): string => `/${callbackPath.split('/')[1]}`

const redirectUriSent = (url: CutUrl): BrokenRule => {
  const { origin, callbackPath } = url
  const contextRoot = url.contextRoot.slice(0, -callbackPath.length)
  const choice = contextRoot === '' ? '' : ', with callbackUnder contextRoot where PingAccess answers there'
  return {
    rule: 'base_url_only',
    detail: 'This is a redirect URI; the service adds the callback path itself.',
    fix: isProposable(contextRoot, url)
      ? `Send ${origin}${contextRoot}${choice}.`
      : `Leave out ${callbackPath}.`,
  }
}

/** The fix is the URL without as much of the callback path as its context root begins with. */
const reservedPath = (url: CutUrl): BrokenRule => {
  const callback = url.callbackPath.toLowerCase().split('/')
  const segments = url.contextRoot.split('/')
  const other = segments.findIndex((segment, index) => segment.toLowerCase() !== callback[index])
  const contextRoot = other < 0 ? '' : `/${segments.slice(other).join('/')}`
  return {
    rule: 'reserved_path',
    detail: `PingAccess keeps ${reservedBy(url)} for itself, in any case of letters: no application has it as context root.`,
    fix: isProposable(contextRoot, url)
      ? `Send ${url.origin}${contextRoot}.`
      : 'Send the context root of the application itself.',
  }
}

const isProposable = (contextRoot: string, url: CutUrl): boolean =>
  url.isPlain &&
  !endsWithCallback(contextRoot, url) &&
  !isReserved(contextRoot, url) &&
  checkLength({ ...url, contextRoot }).length === 0

/**
 * Counted with the context root wherever the callback is, so that a client can change its callbackUnder. What has to be
 * written in another way gets another length, too.
 */
const checkLength = ({ origin, contextRoot, callbackPath, isPlain }: CutUrl): BrokenRule[] =>
  when(
    isPlain && origin.length + contextRoot.length + callbackPath.length > maxRedirectUriLength,
    'redirect_uri_length',
    `PingFederate’s stores take redirect URIs of at most ${maxRedirectUriLength} characters, callback path included.`,
    `Send at most ${maxRedirectUriLength - callbackPath.length} characters.`,
  )
