import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallbackUnder, callbackUnders, toRedirectUri } from '../../src/ping-access-urls/callback.ts'
import { findReservedContextRoot, toApplications } from '../../src/pingaccess/applications.ts'

const derive = (callbackUnder: CallbackUnder, callbackPath: string, ...pingAccessUrls: string[]) => ({
  ...{ pingAccessUrls, callbackUnder, otherRedirectUris: [] },
  redirectUris: pingAccessUrls.map(url => toRedirectUri(url, callbackUnder, callbackPath)),
})

test('one application for each context root, with the port that a browser uses where the URL names none', () => {
  const urls = ['https://pay.example.com', 'https://pay.example.com:8443/shop', 'https://b.example.com/shop']
  assert.deepEqual(toApplications(derive('contextRoot', '/pa/oidc/cb', ...urls)), [
    {
      contextRoot: '/',
      virtualHosts: [{ host: 'pay.example.com', port: 443 }],
      deployReservedResources: true,
    },
    {
      contextRoot: '/shop',
      virtualHosts: [
        { host: 'pay.example.com', port: 8443 },
        { host: 'b.example.com', port: 443 },
      ],
      deployReservedResources: true,
    },
  ])
  assert.equal(toApplications(derive('host', '/pa/oidc/cb', ...urls))[0]?.deployReservedResources, false)
})

for (const callbackUnder of callbackUnders) {
  test(`the reserved context root is that of the redirect URIs under ${callbackUnder}, one URL below another too`, () => {
    const urls = ['https://pay.example.com', 'https://pay.example.com/shop']
    const first = derive(callbackUnder, '/sso/oidc/cb', ...urls)
    assert.equal(findReservedContextRoot(first), '/sso')
    const inAnotherOrder = { ...first, redirectUris: first.redirectUris.toReversed() }
    assert.equal(findReservedContextRoot(inAnotherOrder), '/sso')
  })
}

test('a redirect URI that is no callback of PingAccess says nothing of what it keeps for itself', () => {
  const client = derive('host', '/pa/oidc/cb', 'https://pay.example.com')
  const other = 'https://pay.example.com/other/cb'
  const { redirectUris } = client
  const adopted = { ...client, redirectUris: [other, ...redirectUris], otherRedirectUris: [other] }
  assert.equal(findReservedContextRoot(adopted), '/pa')
  assert.equal(findReservedContextRoot({ ...adopted, redirectUris: [other] }), undefined)
})
