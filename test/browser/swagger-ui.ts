import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { startTestService, type TestService } from '../service.ts'
import type { Tab } from './browser.ts'

/** With an https address, so that the page has all of its header fields; a browser trusts the loopback address as much. */
export const signInEnv = { SWAGGER_UI_CLIENT_ID: 'swagger-ui', PUBLIC_URL: 'https://clients.example.com' }

export const startWithSignIn = async (
  t: TestContext,
  others: Record<string, string> = {},
): Promise<TestService> => {
  const service = await startTestService(t, { env: { ...signInEnv, ...others } })
  offerSignIn(service)
  return service
}

/** Registers the address of a service with {@link signInEnv}, which it has only now, with its sandbox's issuer. */
export const offerSignIn = ({ sandbox, url }: TestService): void =>
  void sandbox.swaggerUiRedirectUris.push(`${url}/documentation/static/oauth2-redirect.html`)

const ordinary = ['web-session-clients:read', 'web-session-clients:write', 'secrets:redeem']

/** Signs in with the scopes that are chosen already, all with this prefix, and with others that the person ticks. */
export const signIn = async (
  { page, context }: Tab,
  person: string,
  ticked: readonly string[] = [],
  prefix = '',
): Promise<void> => {
  await page.getByRole('button', { name: 'Authorize', exact: true }).first().click()
  const scopes = await page
    .locator('.scopes input')
    .evaluateAll(boxes =>
      boxes.flatMap(box => (box.matches(':checked') ? [box.getAttribute('data-value')] : [])),
    )
  const expected = ordinary.map(scope => prefix + scope)
  assert.deepEqual(scopes, expected, 'what everybody needs is selected')
  for (const scope of ticked) await page.locator('.scopes label').filter({ hasText: scope }).first().click()
  const popup = context.waitForEvent('page')
  await page.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click()
  await (await popup).getByRole('button', { name: person }).click()
  await page.getByRole('button', { name: 'Remove authorization' }).waitFor()
  await page.getByRole('button', { name: 'Close' }).first().click()
}

/** Resolves to how many ways of signing in were offered. */
export const pasteToken = async (page: Page, token: string): Promise<number> => {
  await page.getByRole('button', { name: 'Authorize', exact: true }).first().click()
  const offered = await page.locator('.auth-container').count()
  await page.getByLabel('auth-bearer-value').fill(token)
  await page.getByRole('button', { name: 'Apply credentials' }).click()
  await page.getByRole('button', { name: 'Close' }).first().click()
  return offered
}

export const openOperation = async (page: Page, summary: string): Promise<Locator> => {
  const operation = page.locator('.opblock').filter({ hasText: summary })
  await operation.locator('.opblock-summary-control').click()
  await operation.getByRole('button', { name: 'Execute' }).waitFor()
  return operation
}

/** Clicks *Execute*, and returns what the page shows of the answer. */
export const execute = async (operation: Locator): Promise<{ status: string; text: string }> => {
  const clear = operation.getByRole('button', { name: 'Clear' })
  if (await clear.isVisible()) await clear.click()
  await operation.getByRole('button', { name: 'Execute' }).click()
  const answer = operation.locator('.live-responses-table .response')
  await answer.waitFor()
  return {
    status: (await answer.locator('.response-col_status').innerText()).trim(),
    text: await answer.locator('.response-col_description').innerText(),
  }
}

/** Executes an operation that is to succeed, and returns the JSON that the page shows as its answer. */
// biome-ignore lint/suspicious/noExplicitAny: answers are what the assertions are about
export const readAnswer = async (operation: Locator): Promise<any> => {
  const { status, text } = await execute(operation)
  assert.match(status, /^2/, text)
  return JSON.parse(await operation.locator('.live-responses-table .highlight-code code').first().innerText())
}
