import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deriveRedirectUris } from '../../src/ping-access-urls/redirect-uris.ts'
import { decide } from '../../src/policy/decide.ts'
import { openBut } from './files.ts'

const rules = {
  callbackPath: '/pa/oidc/cb',
  callbackUnder: 'host' as const,
  requireFullyQualifiedHosts: false,
  allowIpHosts: false,
}
const allowed = ['pay.example.com', '*.pay.example.com', 'xn--bcher-kva.example', '*.internal']
const policy = openBut({ hosts: allowed, ports: [443, 8443], contextRoots: ['/', '/shop', '/apps/*'] })

/** RFC 3986 appendix B: what a parser that repairs nothing reads. */
const toRfc3986Host = (uri: string): string => {
  const [, , , , authority = ''] = /^(([^:/?#]+):)?(\/\/([^/?#]*))?/.exec(uri) ?? []
  return authority.replace(/^.*@/, '').replace(/:\d*$/, '')
}

/** By labels, from the last one; written in another way than what is tested. */
const isBelow = (suffix: string, host: string): boolean => {
  const [wanted, labels] = [suffix, host].map(name => name.split('.').reverse()) as [string[], string[]]
  return labels.length > wanted.length && wanted.every((label, index) => labels[index] === label)
}

const isAllowedHost = (host: string): boolean =>
  allowed.some(rule => (rule.startsWith('*.') ? isBelow(rule.slice(2), host) : rule === host))

const part = fc.constantFrom(
  ...['pay', 'example', 'com', 'internal', 'evil', 'xn--bcher-kva', 'a', 'EXAMPLE', 'pay.example.com', ''],
  ...[
    '@',
    ':',
    ':8443',
    ':443',
    '/',
    '\\',
    '#',
    '?',
    '%2e',
    '。',
    '*',
    '.',
    '/shop',
    '/apps/x',
    '/..',
    ' ',
    '\t',
  ],
)
const url = fc
  .tuple(
    fc.constantFrom('https://', 'https://', 'https://', 'HTTPS://', 'http://', '//'),
    fc.array(part, { minLength: 1, maxLength: 8 }),
    fc.constantFrom('.', ''),
    fc.constantFrom(...['pay.example.com', '.pay.example.com', 'bücher.example', 'a.internal', '']),
  )
  .map(([scheme, parts, glue, end]) => scheme + parts.join(glue) + end)

test('the callback of whatever is accepted is under a host that the policy allows, as WHATWG and as RFC 3986 read it', () => {
  let accepted = 0
  fc.assert(
    fc.property(url, pingAccessUrl => {
      const { derived, violations } = deriveRedirectUris([pingAccessUrl], rules)
      if (violations.length > 0) return
      const [{ pingAccessUrl: normalised, redirectUri } = { pingAccessUrl: '', redirectUri: '' }] = derived
      const decisions = decide(policy, 'payments', {
        pingAccessUrls: [normalised],
        scopes: null,
        oidcPolicy: null,
        accessTokenManager: null,
        ttlSeconds: 900,
        redeemableBy: 'team',
      })
      const [host] = decisions
      const hosts = [new URL(redirectUri).hostname, toRfc3986Host(redirectUri)]
      assert.equal(hosts[0], hosts[1])
      assert.equal(host?.isAllowed, isAllowedHost(String(hosts[0])), redirectUri)
      if (decisions.every(({ isAllowed }) => isAllowed)) accepted += 1
    }),
    { numRuns: 3_000 },
  )
  assert.ok(accepted > 20, `Only ${accepted} were accepted: the property has hardly been tested.`)
})
