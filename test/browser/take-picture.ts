import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'
import { openTab } from './browser.ts'
import { hashPicturedPage, picture, pictureHash } from './pictured-page.ts'
import { execute, openOperation, signIn, startWithSignIn } from './swagger-ui.ts'

/** Runs in the page; a picture in a repository shows no token, not even a dead one. */
const maskTokens = `{
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const { currentNode } = texts
    currentNode.nodeValue = currentNode.nodeValue.replaceAll(/(wscrt_|eyJ)[\\w.-]+/g, '$1••••••••')
  }
}`

const takePicture = async (page: Page, operation: Locator): Promise<void> => {
  const [top, bottom] = [operation, operation.locator('.live-responses-table .highlight-code').first()]
  await page.setViewportSize({ width: 1280, height: 2400 })
  await page.evaluate('scrollTo(0, 0)')
  const [from, to] = [await top.boundingBox(), await bottom.boundingBox()]
  assert.ok(from && to)
  const y = from.y - 10
  await page.evaluate(maskTokens)
  const clip = { x: 0, y, width: 1280, height: to.y + to.height + 10 - y }
  await page.screenshot({ path: fileURLToPath(picture), clip })
}

// A test, because that is what services and browsers are started for here; `npm run picture` runs it.
test('docs/swagger-ui.png is taken: a person signs in and creates a client', {
  timeout: 120_000,
}, async t => {
  const { url } = await startWithSignIn(t)
  const tab = await openTab(t)
  await tab.page.goto(`${url}/documentation/`)
  await signIn(tab, 'Ana')
  const create = await openOperation(tab.page, 'Create a web session client')
  const { status } = await execute(create)
  assert.equal(status, '201')
  await takePicture(tab.page, create)
  await writeFile(pictureHash, `${await hashPicturedPage()}\n`)
})
