import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { client, install, recipe, secret } from './installed.ts'

const [shop, bank] = ['shop.example.com', 'bank.example.com']

/** Two applications with a client each; of those that are named PingFederate tells PingAccess the end of a session. */
const startTwo = async (t: TestContext, told: readonly string[], useSlo = true) => {
  const { administrator, save, pingAccess } = await install(t)
  const { issuer, certificate } = pingAccess
  await administrator.trust({ issuer, certificate: { pem: certificate } }, useSlo)
  for (const host of [shop, bank]) {
    const logout = { pingAccessLogoutCapable: true, logoutMode: 'PING_FRONT_CHANNEL' }
    await save({
      ...{ ...client, clientId: host, redirectUris: [`https://${host}/pa/oidc/cb`] },
      ...(told.includes(host) ? { oidcPolicy: logout } : {}),
    })
    const clientCredentials = { clientId: host, clientSecret: { value: null }, credentialsType: 'SECRET' }
    await administrator.follow(
      {
        ...{ ...recipe, clientId: host },
        webSession: { ...recipe.webSession, name: host, audience: host, clientCredentials },
        applications: [
          { contextRoot: '/', virtualHosts: [{ host, port: 443 }], deployReservedResources: false },
        ],
      },
      secret,
    )
  }
  const browser = pingAccess.openBrowser('ana', [shop, bank])
  t.after(() => browser[Symbol.asyncDispose]())
  for (const host of [shop, bank]) assert.match((await browser.open(`https://${host}/`)).text, /^Hello, Ana/)
  return browser
}

const logOut = `https://${shop}/pa/oidc/logout`

test('a logout in one application ends the session of another whose client is told', async t => {
  const browser = await startTwo(t, [shop, bank])
  assert.match((await browser.open(logOut)).text, /Sign off successful/)
  for (const host of [shop, bank])
    assert.deepEqual((await browser.open(`https://${host}/`)).clicks, host === shop ? ['ana'] : [])
})

test('no logout from another whose client is not told: pingAccessLogoutCapable, logoutMode', async t => {
  const browser = await startTwo(t, [shop])
  await browser.open(logOut)
  const isElsewhere = ({ hostname }: URL) => hostname !== bank
  assert.equal((await browser.open(`https://${bank}/`, isElsewhere)).status, 200)
})

test('no logout of PingFederate without single logout of the token provider: useSlo', async t => {
  const browser = await startTwo(t, [shop, bank], false)
  assert.match((await browser.open(logOut)).text, /Signed off: of PingAccess alone/)
  const { text, clicks } = await browser.open(`https://${shop}/`)
  assert.match(text, /^Hello, Ana/)
  assert.deepEqual(clicks, [], 'PingFederate still knows the person')
})

test('a session that PingFederate has revoked ends where the web session has it asked', async t => {
  const { administrator, save, pingAccess } = await install(t)
  await save({ ...client, oidcPolicy: { grantAccessSessionRevocationApi: true } })
  const webSession = { ...recipe.webSession, validateSessionIsAlive: true, pfsessionStateCacheInSeconds: 0 }
  await administrator.follow({ ...recipe, webSession }, secret)
  await using browser = pingAccess.openBrowser('ana', ['mypingaccessserver:3000'])
  const url = 'https://mypingaccessserver:3000/'
  assert.match((await browser.open(url)).text, /^Hello, Ana/)
  await browser.open(`${pingAccess.issuer}/idp/startSLO.ping`)
  const { text, clicks } = await browser.open(url)
  assert.match(text, /^Hello, Ana/)
  assert.deepEqual(clicks, ['ana'], 'logged in anew')
})
