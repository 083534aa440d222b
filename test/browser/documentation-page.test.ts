import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { startTestService } from '../service.ts'
import { missingBrowser, openTab } from './browser.ts'
import { execute, openOperation, pasteToken, signIn, startWithSignIn } from './swagger-ui.ts'

const options = { skip: missingBrowser, timeout: 120_000 }

/** A proxy that knows the service by a path below its own root; resolves to that address. */
const startProxy = async (t: TestContext, url: string, prefix: string): Promise<string> => {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (path !== prefix && !path.startsWith(`${prefix}/`)) return void response.writeHead(404).end()
    const { method, headers } = request
    const forwarded = send(new URL(path.slice(prefix.length) || '/', url), { method, headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(forwarded)
  })
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`
}

test(
  'behind a path prefix a person comes from its root to the page, and creates a client there',
  options,
  async t => {
    const env = { PUBLIC_URL: 'https://api.example.com/iam/clients' }
    const { url, sandbox } = await startTestService(t, { env })
    const { page, complaints } = await openTab(t)
    const address = await startProxy(t, url, '/iam/clients')
    await page.goto(address)
    assert.equal(page.url(), `${address}/documentation/`)
    await pasteToken(page, await sandbox.accessToken({ service: 'payments-pipeline' }))
    const { status } = await execute(await openOperation(page, 'Create a web session client'))
    assert.equal(status, '201')
    assert.deepEqual(complaints, [])
  },
)

test('a phone shows the page as wide as it is, with nothing beside it', options, async t => {
  const { url } = await startTestService(t)
  const { page } = await openTab(t, { viewport: { width: 390, height: 844 }, isMobile: true })
  await page.goto(url)
  await page.locator('.opblock').first().waitFor()
  const widths = await page.evaluate('[innerWidth, document.documentElement.scrollWidth]')
  assert.deepEqual(widths, [390, 390])
})

/** Runs in the page: whether the buttons over an answer cover any of its text. */
const coversText = `(() => {
  const answer = document.querySelector('.live-responses-table .highlight-code')
  const buttons = [...answer.querySelectorAll('.download-contents, .copy-to-clipboard')]
  const range = document.createRange()
  range.selectNodeContents(answer.querySelector('code'))
  const texts = [...range.getClientRects()]
  return buttons.map(button => button.getBoundingClientRect()).some(button =>
    texts.some(text => text.bottom > button.top && text.top < button.bottom && text.right > button.left),
  )
})()`

test(
  'on a phone descriptions have the width of the page, and no button covers an answer',
  options,
  async t => {
    const { url, sandbox } = await startTestService(t)
    const { page } = await openTab(t, { viewport: { width: 390, height: 844 }, isMobile: true })
    await page.goto(url)
    const descriptions = page.locator('.opblock-tag > small')
    await descriptions.first().waitFor()
    const boxes = await Promise.all((await descriptions.all()).map(each => each.boundingBox()))
    assert.ok(boxes.length > 3)
    for (const box of boxes) assert.ok(box && box.width > 300, JSON.stringify(box))
    await pasteToken(page, await sandbox.accessToken({ service: 'payments-pipeline' }))
    const { status } = await execute(await openOperation(page, 'Create a web session client'))
    assert.equal(status, '201')
    assert.equal(await page.evaluate(coversText), false)
  },
)

test('whoever ticks the scopes of the audit trail reads it', options, async t => {
  const { url } = await startWithSignIn(t)
  const tab = await openTab(t)
  await tab.page.goto(`${url}/documentation`)
  await signIn(tab, 'Ana', ['Read the audit trail', 'read the whole audit trail'])
  const { status, text } = await execute(await openOperation(tab.page, 'Who did what?'))
  assert.equal(status, '200', text)
})

test('the 201 of a create stands above the plan of its dry run', options, async t => {
  const { url } = await startTestService(t)
  const { page } = await openTab(t)
  await page.goto(url)
  const create = await openOperation(page, 'Create a web session client')
  const statuses = await create.locator('.responses-table .response-col_status').allInnerTexts()
  assert.deepEqual(
    statuses.map(status => status.trim()).filter(status => /^2/.test(status)),
    ['201', '200'],
  )
})
