import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallbackUnder } from '../../src/ping-access-urls/callback.ts'
import { deriveRedirectUris } from '../../src/ping-access-urls/redirect-uris.ts'

const rules = {
  callbackPath: '/pa/oidc/cb',
  callbackUnder: 'contextRoot' as CallbackUnder,
  requireFullyQualifiedHosts: false,
  allowIpHosts: false,
}

const derive = (url: string, options: Partial<typeof rules> = {}) =>
  deriveRedirectUris([url], { ...rules, ...options })

const rulesOf = (url: string, options: Partial<typeof rules> = {}): string[] =>
  derive(url, options).violations.map(({ rule }) => rule)

const meant = [
  ['https://pay.example.com/pa', 'Send https://pay.example.com.'],
  ['https://pay.example.com/PA/OIDC', 'Send https://pay.example.com.'],
  ['https://pay.example.com/PA/OIDC/CB', 'Send https://pay.example.com.'],
  ['https://PAY.example.com:443/pa/oidc/cb/', 'Send https://pay.example.com.'],
  ['https://pay.example.com/pa/shop', 'Send https://pay.example.com/shop.'],
  ['https://pay.example.com:8443/pa/oidc/cb/Shop', 'Send https://pay.example.com:8443/Shop.'],
  ['https://pay.example.com/pa/pa', 'Send the context root of the application itself.'],
  ['https://pay.example.com/pa/*', 'Send the context root of the application itself.'],
  [
    'https://pay.example.com/shop/pa/oidc/cb',
    'Send https://pay.example.com/shop, with callbackUnder contextRoot where PingAccess answers there.',
  ],
  ['https://pay.example.com/a/../pa/oidc/cb', 'Leave out /pa/oidc/cb.'],
] as const

test('what begins with the path that PingAccess keeps for itself is refused with the URL that was meant', () => {
  for (const [url, fix] of meant) {
    for (const callbackUnder of ['host', 'contextRoot'] as const) {
      const { violations } = derive(url, { callbackUnder })
      const found = violations.filter(({ rule }) => ['reserved_path', 'base_url_only'].includes(rule))
      assert.deepEqual(
        found.map(each => each.fix),
        [fix],
        url,
      )
    }
  }
})

test('the reserved path is the first segment of the configured callback path', () => {
  const options = { callbackPath: '/sso/oidc/cb' }
  assert.deepEqual(rulesOf('https://a.example.com/SSO/x', options), ['reserved_path'])
  assert.deepEqual(rulesOf('https://a.example.com/pa/oidc', options), [])
  assert.deepEqual(rulesOf('https://a.example.com/cb/x', { callbackPath: '/cb' }), ['reserved_path'])
})
