import { domainToASCII } from 'node:url'
import { visibleCharacter } from '../http/visible-line.ts'
import { checkCallback } from './callback-path.ts'
import { checkHost, type HostRules } from './host.ts'
import { type BrokenRule, when } from './rule.ts'

export type PingAccessUrlRules = HostRules & { callbackPath: string }

/** RFC 3986 section 3, cut into its parts without interpreting them: a URL parser would repair what must be refused. */
const parts = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/)?([^/?#\\]*)([^?#]*)(.*)$/s

/** Every rule that a PingAccess URL breaks; none: {@link normalise} may be used. */
export const findBroken = (url: string, rules: PingAccessUrlRules): BrokenRule[] => {
  const unreadable = findUnreadable(url, rules)
  if (unreadable.length > 0) return unreadable
  const [, scheme = '', authority = '', path = '', rest = ''] = parts.exec(url) ?? []
  const broken = [
    ...checkScheme(scheme, url, rules),
    ...checkAuthority(authority, rules),
    ...checkPath(path),
    ...checkRest(rest),
  ]
  const all = broken.length > 0 ? broken : checkAgainstParser(url)
  return [
    ...all,
    ...checkCallback({
      origin: normalise(`${scheme}${authority}`),
      contextRoot: path.replace(/\/$/, ''),
      callbackPath: rules.callbackPath,
      isPlain: all.length === 0,
    }),
  ]
}

/** Characters that make every later rule meaningless. */
const findUnreadable = (url: string, rules: PingAccessUrlRules): BrokenRule[] => [
  ...when(
    /[\s\p{Cc}]/u.test(url),
    'no_whitespace',
    'Blanks and control characters are not part of a URL.',
    'Remove them.',
  ),
  ...when(
    /\P{ASCII}/u.test(url),
    'ascii_only',
    'Characters outside ASCII can look like others.',
    punycodeFix(url, rules),
  ),
  ...when(
    url.includes('\\'),
    'no_backslash',
    'Browsers read a backslash as a slash.',
    'Use / or leave it out.',
  ),
]

const punycodeFix = (url: string, rules: PingAccessUrlRules): string => {
  const host = /^https:\/\/([^/:?#]+)/i.exec(url)?.[1] ?? ''
  const ascii = domainToASCII(host)
  const proposed = `https://${ascii}`
  return ascii && ascii !== host && findBroken(proposed, rules).length === 0
    ? `If you mean this very host, send its punycode form: ${proposed}.`
    : 'Send host and context root in ASCII; a host in its punycode form (xn--…).'
}

/** The whole URL as it would be accepted, or nothing but the rule: half a fix would be followed, too. */
const schemeFix = (rest: string, rules: PingAccessUrlRules): string => {
  const repaired = `https://${rest}`
  return findBroken(repaired, rules).length === 0 ? `Send ${repaired}.` : 'Begin with https://.'
}

const checkScheme = (scheme: string, url: string, rules: PingAccessUrlRules): BrokenRule[] => {
  if (scheme === 'https://') return []
  const fix = schemeFix(url.slice(scheme.length).replace(/^\/+/, ''), rules)
  return when(true, 'https_only', 'A PingAccess URL begins with https://, in lower case.', fix)
}

const checkAuthority = (authority: string, rules: PingAccessUrlRules): BrokenRule[] => {
  const at = authority.lastIndexOf('@')
  const hostAndPort = authority.slice(at + 1)
  const [, host = '', colon = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(:?)(.*)$/.exec(hostAndPort) ?? []
  return [
    ...when(
      at >= 0,
      'no_userinfo',
      'A user name or password in a URL hides its real host.',
      'Remove everything up to the @.',
    ),
    ...checkPort(colon, port),
    ...checkHost(host.toLowerCase(), rules),
  ]
}

const checkPort = (colon: string, port: string): BrokenRule[] =>
  when(
    colon === ':' && !(/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535),
    'port',
    'The port is a number from 1 to 65535 without leading zeros.',
    'Send a port such as :3000, or leave the colon out.',
  )

const checkPath = (path: string): BrokenRule[] => {
  const contextRoot = path.replace(/\/$/, '')
  const segments = contextRoot.split('/').slice(1)
  const decoded = segments.map(segment => segment.replaceAll(/%2e/gi, '.'))
  return [
    ...when(
      segments.includes(''),
      'no_empty_segments',
      'Two slashes in a row are merged by some servers.',
      'Use single slashes.',
    ),
    ...when(
      decoded.some(segment => /^\.{1,2}$/.test(segment)),
      'no_dot_segments',
      'Parsers resolve . and .. away.',
      'Write the path without them.',
    ),
    ...when(
      /\*/.test(path),
      'no_wildcard',
      'A wildcard would let every path receive codes.',
      'List each context root.',
    ),
    ...checkEncoding(path),
  ]
}

const checkEncoding = (path: string): BrokenRule[] => [
  ...when(
    // Control characters, * # % . / ; ? \ and DEL, in this order.
    /%([01][0-9a-f]|2a|23|25|2e|2f|3b|3f|5c|7f)/i.test(path),
    'no_encoded_separators',
    'Encoded control characters, wildcards and separators are decoded by some servers only.',
    'Write the context root plainly.',
  ),
  ...when(
    !/^(?:[A-Za-z0-9._~/*-]|%[0-9A-F]{2})*$/.test(path),
    'context_root_characters',
    'A context root has letters, digits, - . _ ~ and percent-encoded bytes with upper-case digits.',
    'Correct the context root.',
  ),
  ...when(
    /%(2D|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE]|3[0-9])/.test(path),
    'no_needless_encoding',
    'The context root encodes characters that need no encoding.',
    `Send ${decodeUnreserved(path)}.`,
  ),
  ...when(
    !isPlainlyEncoded(path),
    'encoded_text',
    'Percent-encoded bytes above %7F are visible text in UTF-8 and in Unicode normal form KC; others are read as something else by some servers.',
    'Write the context root plainly; é is %C3%A9.',
  ),
]

const visibleText = new RegExp(`^${visibleCharacter}*$`, 'u')

/** Overlong forms, halves of characters, invisible ones, and look-alikes of separators hide in what is encoded. */
const isPlainlyEncoded = (path: string): boolean => {
  try {
    const text = path.replaceAll(/(?:%[89A-F][0-9A-F])+/gi, decodeURIComponent)
    return visibleText.test(text) && text === text.normalize('NFKC')
  } catch {
    return false
  }
}

const decodeUnreserved = (path: string): string =>
  path.replaceAll(/%([0-9A-F]{2})/g, (encoded, hex) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16))
    return /[A-Za-z0-9_~-]/.test(character) ? character : encoded
  })

const checkRest = (rest: string): BrokenRule[] => [
  ...when(
    rest.startsWith('?'),
    'no_query',
    'A PingAccess URL has no query.',
    'Remove everything from the ? on.',
  ),
  ...when(
    rest.includes('#'),
    'no_fragment',
    'A redirect URI has no fragment (RFC 6749 section 3.1.2).',
    'Remove everything from the # on.',
  ),
]

/** Host in lower case, no default port, no trailing slash. */
export const normalise = (url: string): string =>
  url.replace(/^https:\/\/[^/]+/, origin => origin.toLowerCase().replace(/:443$/, '')).replace(/\/$/, '')

/** The last word has the parser every browser uses: if it reads the URL differently, so might PingFederate. */
const checkAgainstParser = (url: string): BrokenRule[] => {
  const normalised = normalise(url)
  const href = URL.parse(normalised)?.href.replace(/\/$/, '')
  return when(
    href !== normalised,
    'unambiguous',
    'URL parsers read this differently from how it is written.',
    href && href.length <= 200 ? `If you mean ${href}, send that.` : 'Correct the host.',
  )
}
