import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallbackUnder, findSource } from '../../src/ping-access-urls/callback.ts'

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
