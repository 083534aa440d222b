import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingBrowser } from './browser.ts'
import { logInByClick, protectApplication, protectedUrl } from './protected-application.ts'

const options = { skip: missingBrowser, timeout: 120_000 }

test(
  'by clicking alone: a client made in Swagger UI lets a person in to the application behind PingAccess, and out again',
  options,
  async t => {
    const { page, complaints, issuer } = await protectApplication(t)
    const heading = () => page.getByRole('heading').innerText()

    await page.goto(protectedUrl)
    assert.equal(new URL(page.url()).origin, issuer, 'nobody is logged in yet')
    assert.equal(await heading(), 'Sign on')

    await logInByClick(page, 'Ben')
    assert.equal(page.url(), protectedUrl)
    assert.equal(await heading(), 'Hello, Ben (ben@example.com)')
    await page.reload()
    assert.equal(page.url(), protectedUrl, 'logged in once')
    assert.deepEqual(complaints, [])

    await page.goto(new URL('/pa/oidc/logout', protectedUrl).href)
    assert.equal(await heading(), 'Sign off successful')
    await page.goto(protectedUrl)
    assert.equal(await heading(), 'Sign on', 'logged out of PingAccess and of PingFederate')
  },
)
