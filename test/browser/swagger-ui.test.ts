import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Locator } from 'playwright-core'
import { startTestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { missingBrowser, openTab } from './browser.ts'
import { execute, openOperation, pasteToken, signIn, startWithSignIn } from './swagger-ui.ts'

const options = { skip: missingBrowser, timeout: 120_000 }

test(
  'a person signs in, creates a client, redeems its secret, and does not get it twice',
  options,
  async t => {
    const { url, sandbox } = await startWithSignIn(t)
    const tab = await openTab(t)
    const { page } = tab
    await page.goto(`${url}/documentation`)
    await signIn(tab, 'Ana')

    const create = await openOperation(page, 'Create a web session client')
    const dryRun = create.locator('[data-param-name="dryRun"] select')
    assert.equal(await dryRun.inputValue(), 'false', 'a create is the usual thing')
    await dryRun.selectOption('true')
    const planned = await execute(create)
    assert.equal(planned.status, '200')
    assert.match(planned.text, /"secret": "\[masked\]"/)
    assert.deepEqual(sandbox.pingFederate.clients(), [])
    await dryRun.selectOption('false')
    const created = await execute(create)
    assert.equal(created.status, '201')
    assert.match(created.text, /"redirectUris": \[\s+"https:\/\/mypingaccessserver:3000\/pa\/oidc\/cb"/)
    assert.equal(sandbox.pingFederate.clients()[0]?.clientId, 'pa_wam')

    const [token = ''] = /wscrt_[\w-]{57}/.exec(created.text) ?? []
    const repeated = await execute(create)
    assert.equal(repeated.status, '201', 'a second click gets the first answer again, not a 409')
    assert.equal(/wscrt_[\w-]{57}/.exec(repeated.text)?.[0], token)
    assert.equal(sandbox.pingFederate.clients().length, 1)
    const redeem = await openOperation(page, 'Redeem a client secret, once')
    await redeem.locator('textarea').first().fill(JSON.stringify({ token }))
    const redeemed = await execute(redeem)
    assert.equal(redeemed.status, '200')
    assert.match(redeemed.text, /"clientSecret": "[\w-]{64}"/)
    assert.deepEqual(tab.complaints, [])

    const again = await execute(redeem)
    assert.match(again.status, /^410\b/)
    assert.match(again.text, /"code": "retrieval_redeemed"/)
    assert.equal(tab.complaints.length, 1)
    assert.match(tab.complaints[0] ?? '', /status of 410/, 'Chromium itself says so, and nothing else')

    const list = await openOperation(page, 'List web session clients')
    const listed = await execute(list)
    assert.equal(listed.status, '200')
    assert.match(listed.text, /"clientId": "pa_wam"/, 'no example filters the list')
    await list.locator('[data-param-name="team"] input').fill('payments')
    await list.locator('[data-param-name="search"] input').fill('pa_')
    const filtered = await execute(list)
    assert.equal(filtered.status, '200')
    assert.match(filtered.text, /"clientId": "pa_wam"/, 'the filters are sent')
    assert.match(await list.locator('.request-url').innerText(), /\?team=payments&search=pa_/)
  },
)

const keyOf = async (operation: Locator): Promise<string | undefined> =>
  /Idempotency-Key: ([\w-]+)/.exec(await operation.locator('.curl').innerText())?.[1]

test(
  'a key of the page belongs to one body, is new after a refusal, and never replaces a person’s',
  options,
  async t => {
    const { url, sandbox } = await startTestService(t)
    const { page } = await openTab(t)
    await page.goto(`${url}/documentation`)
    await pasteToken(page, await sandbox.accessToken({ service: 'payments-pipeline' }))
    const create = await openOperation(page, 'Create a web session client')
    const send = async (body: object) => {
      await create.locator('textarea').first().fill(JSON.stringify(body))
      const { status } = await execute(create)
      return { status: status.slice(0, 3), key: await keyOf(create) }
    }
    const first = await send(smallest)
    const other = await send({ ...smallest, clientId: 'other' })
    assert.deepEqual([first.status, other.status], ['201', '201'])
    assert.notEqual(first.key, other.key)
    assert.deepEqual(await send(smallest), first, 'as it was, also after another body')
    const policy = { ...smallest, clientId: 'third', oidcPolicy: 'missing' }
    const refused = await send(policy)
    const refusedAgain = await send(policy)
    assert.deepEqual([refused.status, refusedAgain.status], ['422', '422'])
    assert.notEqual(refused.key, refusedAgain.key, 'asked anew')
    const own = 'a-key-of-the-person'
    await create.locator('[data-param-name="Idempotency-Key"] input').fill(own)
    assert.deepEqual(await send({ ...smallest, clientId: 'fourth' }), { status: '201', key: own })
  },
)

test(
  'without a client for people, over plain http and by another name: a pasted token works',
  options,
  async t => {
    const { url, sandbox } = await startTestService(t)
    const { page, complaints } = await openTab(t)
    await page.goto(`http://clients.test:${new URL(url).port}/documentation`)
    const token = await sandbox.accessToken({ service: 'payments-pipeline' })
    assert.equal(await pasteToken(page, token), 1, 'no sign-in is offered that cannot work')
    const { status } = await execute(await openOperation(page, 'Create a web session client'))
    assert.equal(status, '201')
    assert.deepEqual(complaints, [])
  },
)
