import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAdministrator } from '../../src/sandbox/pingaccess/administrator.ts'
import { startWithPingAccess } from '../sandbox/pingaccess/started.ts'

type Shape = {
  what: string
  client: { pingAccessUrls: string[]; [field: string]: unknown }
  /** What an administrator of PingAccess sets otherwise. */
  webSession?: Readonly<Record<string, unknown>>
}

const shapes: Shape[] = [
  { what: 'an application at the root', client: { pingAccessUrls: ['https://pay.example.com'] } },
  {
    what: 'a context root, with the callback under the host',
    client: { pingAccessUrls: ['https://pay.example.com/shop'] },
  },
  {
    what: 'a context root, with the callback under itself',
    client: { pingAccessUrls: ['https://pay.example.com/shop'], callbackUnder: 'contextRoot' },
  },
  { what: 'another port', client: { pingAccessUrls: ['https://mypingaccessserver:3000'] } },
  {
    what: 'two hosts and two context roots',
    client: {
      pingAccessUrls: [
        'https://pay.example.com/shop',
        'https://pay.example.org:8443/shop',
        'https://pay.example.org:8443/bank',
      ],
    },
  },
  { what: 'PKCE', client: { pingAccessUrls: ['https://pay.example.com'], requirePkce: true } },
  {
    what: 'PKCE off on both sides',
    client: { pingAccessUrls: ['https://pay.example.com'], requirePkce: false },
    webSession: { pkceChallengeType: 'OFF' },
  },
  { what: 'logout', client: { pingAccessUrls: ['https://pay.example.com'], logout: 'pingaccess' } },
  {
    what: 'scopes of its own',
    client: { pingAccessUrls: ['https://pay.example.com'], scopes: ['profile', 'email'] },
  },
]

for (const { what, client, webSession = {} } of shapes)
  test(`the first login works with ${what}, once PingAccess is set up as the recipe says, and the service finds that the two agree`, async t => {
    const { call, pingAccess } = await startWithPingAccess(t)
    const created = await call('POST', '/web-session-clients', { body: { clientId: 'pay', ...client } })
    assert.equal(created.status, 201, JSON.stringify(created.body))
    const { token } = created.body.retrieval
    const { clientSecret } = (await call('POST', '/secret-retrievals', { body: { token } })).body
    const administrator = createAdministrator(pingAccess)
    await administrator.trust((await call('GET', '/token-provider')).body)
    const { body: recipe } = await call('GET', '/web-session-clients/pay/web-session')
    await administrator.change(await administrator.follow(recipe, clientSecret), webSession)
    const { live } = (await call('GET', '/web-session-clients/pay/web-session')).body
    assert.equal(live.state, 'read')
    assert.deepEqual(
      live.agreement.filter(({ agrees }: { agrees: boolean | null }) => agrees !== true),
      [],
    )
    for (const url of client.pingAccessUrls) {
      await using browser = pingAccess.openBrowser('ana', [new URL(url).host])
      const { text, clicks } = await browser.open(`${url}/orders`)
      assert.match(text, /^Hello, Ana \(ana@example.com\)/, `${url}: ${text}`)
      assert.deepEqual(clicks, ['ana'])
    }
    if (client['logout'] === undefined) return
    const [url = ''] = client.pingAccessUrls
    await using browser = pingAccess.openBrowser('ana', [new URL(url).host])
    await browser.open(url)
    assert.match((await browser.open(`${url}/pa/oidc/logout`)).text, /Sign off successful/)
    assert.deepEqual((await browser.open(url)).clicks, ['ana'], 'logged in anew')
  })
