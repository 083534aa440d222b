import assert from 'node:assert/strict'
import { test } from 'node:test'
import { domainToASCII, domainToUnicode } from 'node:url'
import fc from 'fast-check'
import type { CallbackUnder } from '../../src/ping-access-urls/callback.ts'
import { deriveRedirectUris } from '../../src/ping-access-urls/redirect-uris.ts'
import { decide } from '../../src/policy/decide.ts'
import { openBut } from '../policy/files.ts'
import { accepted, acceptedAddresses } from './urls/accepted.ts'
import { refused, refusedAddresses } from './urls/refused.ts'

const rules = {
  callbackPath: '/pa/oidc/cb',
  callbackUnder: 'contextRoot' as CallbackUnder,
  requireFullyQualifiedHosts: false,
  allowIpHosts: false,
}
const derive = (url: string, options: Partial<typeof rules> = {}) =>
  deriveRedirectUris([url], { ...rules, ...options })

const anyRequest = {
  ...{ scopes: null, oidcPolicy: null, accessTokenManager: null },
  ...{ ttlSeconds: 900, redeemableBy: 'team' as const },
}

const rulesOf = (url: string, options: Partial<typeof rules> = {}): string[] =>
  derive(url, options).violations.map(({ rule }) => rule)

test('each accepted URL gives its redirect URI, normalised: at the host, or below the context root', async t => {
  for (const [url, pingAccessUrl] of accepted) {
    await t.test(url, () => {
      const { derived, violations } = derive(url)
      assert.deepEqual(violations, [])
      assert.deepEqual(derived, [{ pingAccessUrl, redirectUri: `${pingAccessUrl}/pa/oidc/cb` }])
      const [host = ''] = /^https:..[^/]+/.exec(pingAccessUrl) ?? []
      const atHost = derive(url, { callbackUnder: 'host' })
      assert.deepEqual(atHost, {
        derived: [{ pingAccessUrl, redirectUri: `${host}/pa/oidc/cb` }],
        violations,
      })
    })
  }
})

test('no refused URL gives a redirect URI, and each violation stands at its place', async t => {
  for (const [url] of refused)
    await t.test(JSON.stringify(url), () => {
      const { derived, violations } = derive(url)
      assert.deepEqual(derived, [])
      assert.deepEqual([...new Set(violations.map(({ pointer }) => pointer))], ['/pingAccessUrls/0'])
    })
})

test('a wildcard virtual host is refused with the reason and what to send instead', () => {
  for (const url of ['https://*.example.com', 'https://*:3000']) {
    const [violation] = derive(url).violations
    assert.match(violation?.detail ?? '', /every host receive codes.+each host of a wildcard virtual host/)
    assert.match(violation?.fix ?? '', /one PingAccess URL for each host/)
  }
})

test('two URLs that differ in the case of letters only are one', () => {
  const urls = ['https://a.example.com/Shop', 'https://A.example.com/shop', 'https://a.example.com/shop2']
  const { derived, violations } = deriveRedirectUris(urls, rules)
  assert.deepEqual(
    violations.map(({ pointer, rule }) => [pointer, rule]),
    [['/pingAccessUrls/1', 'unique']],
  )
  assert.match(violations[0]?.detail ?? '', /entry 0/)
  assert.deepEqual(
    derived.map(({ pingAccessUrl }) => pingAccessUrl),
    ['https://a.example.com/Shop', 'https://a.example.com/shop2'],
  )
})

test('where IP hosts are permitted, plain addresses and localhost are accepted and odd notations are not', async t => {
  for (const [url, pingAccessUrl] of acceptedAddresses) {
    await t.test(url, () => {
      assert.deepEqual(derive(url, { allowIpHosts: true }).derived[0]?.pingAccessUrl, pingAccessUrl)
      assert.deepEqual(rulesOf(url), ['no_ip_host'])
    })
  }
  for (const [url, ...broken] of refusedAddresses) {
    await t.test(url, () => assert.deepEqual(rulesOf(url, { allowIpHosts: true }), broken))
  }
})

test('where hosts must be fully qualified, single labels are refused and nothing else', () => {
  const options = { requireFullyQualifiedHosts: true }
  assert.deepEqual(rulesOf('https://mypingaccessserver:3000', options), ['fully_qualified_host'])
  assert.deepEqual(rulesOf('https://pay.example.com', options), [])
})

test('the callback path is the configured one, and only that one makes a URL a redirect URI', () => {
  const options = { callbackPath: '/sso/cb' }
  assert.equal(
    derive('https://a.example.com', options).derived[0]?.redirectUri,
    'https://a.example.com/sso/cb',
  )
  assert.deepEqual(rulesOf('https://a.example.com/sso/cb', options), ['base_url_only'])
  assert.deepEqual(rulesOf('https://a.example.com/pa/oidc/cb', options), [])
})

test('of several URLs each is judged on its own, and the same one twice is refused by what it means', () => {
  const urls = [
    'https://a.example.com',
    'http://b.example.com',
    'https://A.example.com:443/',
    'https://c.example.com',
  ]
  const { derived, violations } = deriveRedirectUris(urls, rules)
  assert.deepEqual(
    derived.map(({ pingAccessUrl }) => pingAccessUrl),
    ['https://a.example.com', 'https://c.example.com'],
  )
  assert.deepEqual(
    violations.map(({ pointer, rule }) => [pointer, rule]),
    [
      ['/pingAccessUrls/1', 'https_only'],
      ['/pingAccessUrls/2', 'unique'],
    ],
  )
})

/** RFC 3986 appendix B cuts a URI into its parts; sections 3.2 and 3.3 say what an authority and a path may be. */
const appendixB = /^(([^:/?#]+):)?(\/\/([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?/
const authority = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\d+)?$/
const pathAbempty = /^(?:\/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*$/

/** Scheme, authority and path of a URI by the RFC's grammar alone; fails for what is none. */
const parseRfc3986 = (uri: string) => {
  const [, , scheme = '', , found = '', path = '', query, , fragment] = appendixB.exec(uri) ?? []
  assert.match(found, authority)
  assert.match(path, pathAbempty)
  assert.deepEqual([query, fragment], [undefined, undefined])
  return { scheme, authority: found, path }
}

/** What every accepted URL promises, whoever parses it. */
const assertUnambiguous = (
  url: string,
  { pingAccessUrl, redirectUri }: { pingAccessUrl: string; redirectUri: string },
) => {
  const parsed = new URL(redirectUri)
  assert.equal(parsed.href, redirectUri)
  assert.equal(parsed.protocol, 'https:')
  const rfc = parseRfc3986(redirectUri)
  assert.deepEqual(rfc, { scheme: 'https', authority: parsed.host, path: parsed.pathname })
  assert.equal(new URL(url).host, parsed.host)
  assert.equal(parseRfc3986(url).authority.toLowerCase().replace(/:443$/, ''), parsed.host)
  assert.equal(domainToASCII(domainToUnicode(parsed.hostname)), parsed.hostname)
  assert.ok(!redirectUri.includes('*') && !/%(2A|0|1|7F)/i.test(redirectUri))
  assert.equal(parsed.username + parsed.password + parsed.search + parsed.hash, '')
  assert.equal(redirectUri, `${pingAccessUrl}/pa/oidc/cb`)
  const again = derive(pingAccessUrl, { allowIpHosts: true })
  assert.deepEqual(again.derived, [{ pingAccessUrl, redirectUri }])
}

const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      'https://',
      'a.example.com',
      'a',
      '.',
      '/',
      '//',
      ':',
      ':443',
      ':8443',
      '@',
      '\\',
      '?',
      '#',
      '%2F',
    ),
    fc.constantFrom(
      '%2e',
      '..',
      '*',
      '[::1]',
      '127.0.0.1',
      'localhost',
      'xn--',
      'xn--bcher-kva',
      '%',
      '-',
      'A',
      '%C3%A9',
    ),
    fc.constantFrom('\t', '\u00AD', '\u3002', 'é', '0x7f', '1', '~', ';', '_', '%2A', '%0D', '!', '$', '&'),
    fc.string({ maxLength: 3 }),
  ),
  { maxLength: 8 },
)
const urls = fc.oneof(
  pieces.map(all => `https://${all.join('')}`),
  pieces.map(all => `https://a.example.com/${all.join('')}`),
  pieces.map(all => `https://${all.join('')}.localhost`),
  fc.webUrl({ validSchemes: ['https'] }),
)

test('whatever is accepted reads the same to a browser and to RFC 3986, and is its own normal form', () => {
  let acceptedCount = 0
  const property = fc.property(urls, fc.boolean(), (url, allowIpHosts) => {
    const { derived, violations } = derive(url, { allowIpHosts })
    assert.equal(derived.length === 0, violations.length > 0)
    acceptedCount += derived.length
    for (const each of derived) assertUnambiguous(url, each)
  })
  fc.assert(property, { numRuns: 20_000 })
  assert.ok(acceptedCount > 1_000, `${acceptedCount} were accepted`)
})

test('plain hosts, ports and context roots are accepted, however they are combined', () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/)
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map(labels => labels.join('.'))
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined })
  const path = fc.array(fc.stringMatching(/^[A-Za-z0-9_~-]{1,10}$/), { maxLength: 3 })
  fc.assert(
    fc.property(host, port, path, (name, number, segments) => {
      fc.pre(!/(^|\.)(xn--.*|localhost)$|xn--/.test(name))
      const url = [
        'https://',
        name,
        number === undefined ? '' : `:${number}`,
        ...segments.map(each => `/${each}`),
      ].join('')
      const { derived } = derive(url)
      assert.equal(derived.length, 1, url)
      for (const each of derived) assertUnambiguous(url, each)
    }),
  )
})

const labels = ['pay', 'xpay', 'a', 'example', 'com', 'evil', 'mypingaccessserver']
const hosts = fc.array(fc.constantFrom(...labels), { minLength: 1, maxLength: 5 }).map(name => name.join('.'))
const rests = fc.constantFrom(
  '',
  ':443',
  ':8443',
  '/shop',
  ':8443/shop',
  '.',
  '@evil.com',
  '\\.evil.com',
  '%2eevil',
)

/** Whether the last labels of a host are those of `*.pay.example.com`, or all of it is one of the exact names. */
const isOfPolicy = (hostname: string): boolean =>
  ['pay.example.com', 'mypingaccessserver'].includes(hostname) ||
  (hostname.split('.').length > 3 && hostname.split('.').slice(-3).join('.') === 'pay.example.com')

test('whatever the policy allows has its callback under a host of the policy', () => {
  const policy = openBut({ hosts: ['mypingaccessserver', 'pay.example.com', '*.pay.example.com'] })
  let allowed = 0
  const property = fc.property(hosts, rests, (host, rest) => {
    const url = `https://${host}${rest}`
    const all = [derive(url), derive(url, { callbackUnder: 'host' })]
    for (const { pingAccessUrl, redirectUri } of all.flatMap(({ derived }) => derived)) {
      const pingAccessUrls = [pingAccessUrl]
      const isAllowed = decide(policy, 'payments', { ...anyRequest, pingAccessUrls }).every(
        each => each.isAllowed,
      )
      const { hostname } = new URL(redirectUri)
      assert.equal(isAllowed, isOfPolicy(hostname), redirectUri)
      assert.equal(parseRfc3986(redirectUri).authority.replace(/:\d+$/, ''), hostname)
      if (isAllowed) allowed += 1
    }
  })
  // What is allowed is not among them, so that the generated ones have to come to it.
  const examples: [string, string][] = [
    ['xpay.example.com', ''],
    ['pay.example.com.evil.com', ''],
  ]
  fc.assert(property, { numRuns: 2_000, examples })
  assert.ok(allowed > 5, `${allowed} were allowed`)
})
