import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type CallbackUnder,
  findCallbackBases,
  findSource,
  toCallbackBase,
  toRedirectUri,
} from '../../src/ping-access-urls/callback.ts'

/** PingAccess URLs, the redirect URIs that they give, and where the callback is. */
const derived: [string[], string[], CallbackUnder][] = [
  [
    [
      'https://a.example.com/shop',
      'https://a.example.com/cart',
      'https://a.example.com:8443/shop',
      'https://b',
    ],
    ['https://a.example.com/cb', 'https://a.example.com:8443/cb', 'https://b/cb'],
    'host',
  ],
  [
    ['https://a.example.com/shop', 'https://a.example.com/cart', 'https://b'],
    ['https://a.example.com/shop/cb', 'https://a.example.com/cart/cb', 'https://b/cb'],
    'contextRoot',
  ],
]

test('a redirect URI comes from the PingAccess URL it was derived from, from the first where several give the same', () => {
  const sources = derived.map(([pingAccessUrls, redirectUris, callbackUnder]) =>
    [0, 1, 2, 3].map(index => findSource({ pingAccessUrls, redirectUris, callbackUnder }, index)),
  )
  assert.deepEqual(sources, [
    [0, 2, 3, undefined],
    [0, 1, 2, undefined],
  ])
})

test('a redirect URI that none of the PingAccess URLs gives comes from nowhere', () => {
  const foreign = { pingAccessUrls: ['https://a.example.com'], redirectUris: ['https://b.example.com/cb'] }
  assert.equal(findSource({ ...foreign, callbackUnder: 'host' }, 0), undefined)
})

test('what stands before the callback is found again in redirect URIs, and no other address is taken for one', () => {
  for (const [pingAccessUrls, , callbackUnder] of derived) {
    const redirectUris = pingAccessUrls.map(url => toRedirectUri(url, callbackUnder, '/pa/oidc/cb'))
    const bases = pingAccessUrls.map(url => toCallbackBase(url, callbackUnder))
    assert.deepEqual(
      findCallbackBases([...redirectUris, 'https://b/elsewhere', 'https://b/pa/oidc/cb/more'], '/pa/oidc/cb'),
      bases,
    )
  }
})
