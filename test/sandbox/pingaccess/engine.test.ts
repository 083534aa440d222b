import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Agent, request } from 'undici'
import { createSelfSigned } from '../../../src/sandbox/self-signed.ts'
import { client, install, recipe, secret } from './installed.ts'

const origin = 'https://mypingaccessserver:3000'
const address = `${origin}/orders?open=1`

const start = async (t: TestContext, webSession: object = {}, now?: () => Date) => {
  const installed = await install(t, now)
  const { administrator, save, pingAccess } = installed
  await save(client)
  const id = await administrator.follow(
    { ...recipe, webSession: { ...recipe.webSession, ...webSession } },
    secret,
  )
  const openBrowser = (person = 'ana') => {
    const browser = pingAccess.openBrowser(person, [new URL(origin).host])
    t.after(() => browser[Symbol.asyncDispose]())
    return browser
  }
  return { ...installed, id, openBrowser }
}

test('a person who is not logged in is, with one click, and sees what they asked for', async t => {
  const { open } = await start(t)
  const page = await open(address)
  assert.equal(page.status, 200, page.text)
  assert.match(page.text, /^Hello, Ana \(ana@example.com\) This is \/orders\?open=1\./)
  assert.deepEqual(page.clicks, ['ana'])
})

test('whoever is logged in stays it until nobody has used the session for its idle time', async t => {
  let ms = Date.now()
  const { openBrowser } = await start(t, { idleTimeoutInMinutes: 10 }, () => new Date(ms))
  const browser = openBrowser()
  await browser.open(address)
  const redirects: string[] = []
  const isIssuer = (url: URL) => url.hostname === '127.0.0.1' && redirects.push(url.pathname) > 0
  for (const minutes of [9, 9]) {
    ms += minutes * 60_000
    assert.equal((await browser.open(address, isIssuer)).status, 200)
  }
  ms += 10 * 60_000
  assert.equal((await browser.open(address, isIssuer)).status, undefined)
  assert.deepEqual(redirects, ['/as/authorization.oauth2'])
})

test('a code is redeemed for the browser that began the login, and once', async t => {
  const { openBrowser } = await start(t)
  const isCallback = ({ pathname }: URL) => pathname === '/pa/oidc/cb'
  const [mine, another] = [openBrowser(), openBrowser('ben')]
  const { url } = await mine.open(address, isCallback)
  const refused = /no login of this browser has begun with this state/
  assert.match((await another.open(url.href)).text, refused)
  assert.match((await mine.open(url.href)).text, /^Hello, Ana/)
  assert.match((await mine.open(url.href)).text, refused)
})

test('an answer is taken once, also from a browser that sends the cookie of its login again', async t => {
  const { pingAccess } = await start(t)
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  t.after(() => dispatcher.close())
  const ask = async (path: string, cookie = '') => {
    const headers = { host: new URL(origin).host, cookie }
    const answer = await request(`https://127.0.0.1:${pingAccess.engine.port}${path}`, {
      headers,
      dispatcher,
    })
    return { headers: answer.headers, text: await answer.body.text() }
  }
  const { headers } = await ask('/')
  const [cookie] = String(headers['set-cookie']).split(';')
  const state = new URL(String(headers['location'])).searchParams.get('state')
  const answer = `/pa/oidc/cb?${new URLSearchParams({ error: 'access_denied', state: String(state), iss: pingAccess.issuer })}`
  assert.match((await ask(answer, cookie)).text, /access_denied/)
  assert.match((await ask(answer, cookie)).text, /no login of this browser/)
})

test('a header that the browser sends does not become who it is', async t => {
  const { pingAccess } = await start(t)
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
  t.after(() => dispatcher.close())
  const { statusCode, headers } = await request(`https://127.0.0.1:${pingAccess.engine.port}/`, {
    headers: { host: 'mypingaccessserver:3000', 'x-user': 'ben', cookie: 'PA.pa_wam=ben' },
    dispatcher,
  })
  assert.equal(statusCode, 302)
  assert.match(String(headers['location']), /\/as\/authorization\.oauth2\?/)
})

test('403 at an address that no application has', async t => {
  const { pingAccess } = await start(t)
  await using browser = pingAccess.openBrowser('ana', ['other:3000'])
  const { status, text } = await browser.open('https://other:3000/')
  assert.equal(status, 403)
  assert.match(text, /Forbidden/)
})

const trust: [string, (group: unknown) => object, RegExp][] = [
  ['is set', () => ({ useSlo: true }), /DEPTH_ZERO_SELF_SIGNED_CERT/],
  [
    'holds its certificate',
    trustedCertificateGroupId => ({ trustedCertificateGroupId }),
    /DEPTH_ZERO_SELF_SIGNED_CERT/,
  ],
]
for (const [what, others, reason] of trust)
  test(`no login before a trusted certificate group ${what}`, async t => {
    const { administrator, open, pingAccess } = await start(t)
    const { cert } = createSelfSigned(['127.0.0.1'], new Date())
    const file = { alias: 'another', fileData: Buffer.from(cert).toString('base64') }
    const { id } = await administrator.send('POST', '/certificates', file)
    const another = { name: 'another', certIds: [id] }
    const group = await administrator.send('POST', '/trustedCertificateGroups', another)
    const runtime = { issuer: pingAccess.issuer, ...others(group['id']) }
    await administrator.send('PUT', '/pingfederate/runtime', runtime)
    const { status, text } = await open(address)
    assert.equal(status, 500)
    assert.match(text, reason)
    await assert.rejects(administrator.send('GET', '/pingfederate/runtime/metadata'), reason)
  })
