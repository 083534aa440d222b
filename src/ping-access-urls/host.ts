import { domainToUnicode } from 'node:url'
import { type BrokenRule, when } from './rule.ts'

export type HostRules = { requireFullyQualifiedHosts: boolean; allowIpHosts: boolean }

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const maxHostLength = 253

/** Every rule that the host (in lower case, without port) breaks. */
export const checkHost = (host: string, rules: HostRules): BrokenRule[] => {
  if (host === '') return when(true, 'host_required', 'The URL names no host.', 'Send https://host.')
  if (host.includes('*'))
    return when(
      true,
      'no_wildcard',
      'A wildcard would let every host receive codes, whoever gets one; so each host of a wildcard virtual host is named.',
      'Send one PingAccess URL for each host that people use.',
    )
  if (host.includes('%'))
    return when(
      true,
      'no_encoded_host',
      'A percent-encoded host is decoded by some parsers only.',
      'Write the host plainly.',
    )
  if (!rules.allowIpHosts && (isIp(host) || isLocal(host))) return ipRefused
  if (isIp(host)) return checkPlainIp(host)
  const broken = checkLabels(host, rules)
  return broken.length > 0 ? broken : checkPunycode(host)
}

const checkLabels = (host: string, rules: HostRules): BrokenRule[] => {
  const name = host.split('.')
  return [
    ...when(
      host.endsWith('.'),
      'no_trailing_dot',
      'A dot at the end makes a second name for the same host.',
      'Remove the dot.',
    ),
    ...when(
      host.length > maxHostLength,
      'host_length',
      `A host has at most ${maxHostLength} characters.`,
      'Send a shorter host.',
    ),
    ...when(
      !host.endsWith('.') && !name.every(each => label.test(each)),
      'host_labels',
      'Each part of a host has 1 to 63 letters, digits and inner hyphens (RFC 1123).',
      'Correct the host.',
    ),
    ...when(
      rules.requireFullyQualifiedHosts && name.length < 2,
      'fully_qualified_host',
      'This installation takes fully qualified host names only.',
      'Send the host with its domain, such as pay.example.com.',
    ),
  ]
}

/** WHATWG URL section 3.5: a host whose last label is a number is read as an IPv4 address, in any of its odd notations. */
const isIp = (host: string): boolean => host.startsWith('[') || /(^|\.)(\d+|0x[0-9a-f]*)\.?$/.test(host)

/**
 * RFC 6761 section 6.3: every name below `localhost` is the machine itself, and so are the names that Debian and
 * Red Hat put into /etc/hosts beside it.
 */
const isLocal = (host: string): boolean =>
  /(^|\.)localhost\.?$|^(localhost[46]?(\.localdomain[46]?)?|ip6-(localhost|loopback))\.?$/.test(host)

/** A label that claims to be punycode and does not decode to a name (RFC 5891) is taken by some clients only. */
const checkPunycode = (host: string): BrokenRule[] =>
  when(
    /(^|\.)xn--/.test(domainToUnicode(host)),
    'host_punycode',
    'A label begins with xn-- and is not the punycode form of any name (RFC 5891).',
    'Send the host as a punycode converter writes it.',
  )

const ipRefused: BrokenRule[] = [
  {
    rule: 'no_ip_host',
    detail: 'IP literals and localhost are not permitted here: whoever holds the address receives the codes.',
    fix: 'Send a host name, or have the operator set ALLOW_IP_HOSTS.',
  },
]

const checkPlainIp = (host: string): BrokenRule[] => {
  const parsed = URL.parse(`https://${host}`)?.hostname
  return when(
    parsed !== host,
    'plain_ip',
    'The address is not in its plain notation.',
    parsed ? `Send ${parsed}.` : 'Correct the address.',
  )
}
