import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Locator, Page } from 'playwright-core'
import { openTab } from './browser.ts'
import { type Picture, protectedApplication, swaggerUi } from './pictures.ts'
import { logInByClick, protectApplication } from './protected-application.ts'
import { execute, openOperation, signIn, startWithSignIn } from './swagger-ui.ts'

/** Runs in the page; a picture in a repository shows no token, not even a dead one. */
const maskTokens = `{
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const { currentNode } = texts
    currentNode.nodeValue = currentNode.nodeValue.replaceAll(/(wscrt_|eyJ)[\\w.-]+/g, '$1••••••••')
  }
}`

const keep = async (
  { file, hashFile, hash }: Picture,
  page: Page,
  clip: { x: number; y: number; width: number; height: number },
): Promise<void> => {
  await page.screenshot({ path: fileURLToPath(file), clip })
  await writeFile(hashFile, `${await hash()}\n`)
}

const takeOperation = async (page: Page, operation: Locator): Promise<void> => {
  const [top, bottom] = [operation, operation.locator('.live-responses-table .highlight-code').first()]
  await page.setViewportSize({ width: 1280, height: 2400 })
  await page.evaluate('scrollTo(0, 0)')
  const [from, to] = [await top.boundingBox(), await bottom.boundingBox()]
  assert.ok(from && to)
  const y = from.y - 10
  await page.evaluate(maskTokens)
  await keep(swaggerUi, page, { x: 0, y, width: 1280, height: to.y + to.height + 10 - y })
}

// Tests, because those are what services and browsers are started for here; `npm run picture` runs them.
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
  await takeOperation(tab.page, create)
})

test('docs/protected-application.png is taken: a person is logged in to the application behind PingAccess', {
  timeout: 120_000,
}, async t => {
  const { page } = await protectApplication(t)
  await logInByClick(page, 'Ben')
  await page.setViewportSize({ width: 640, height: 260 })
  await keep(protectedApplication, page, { x: 0, y: 0, width: 640, height: 260 })
})
