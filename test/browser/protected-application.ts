import type { TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { createAdministrator } from '../../src/sandbox/pingaccess/administrator.ts'
import { startWithPingAccess } from '../sandbox/pingaccess/started.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { openTab } from './browser.ts'
import { offerSignIn, openOperation, readAnswer, signIn, signInEnv } from './swagger-ui.ts'

const [pingAccessUrl = ''] = smallest.pingAccessUrls

/** An address of the application that {@link protectApplication} protects. */
export const protectedUrl = `${pingAccessUrl}/orders`

export type Protected = {
  /** Empty, in a browser that finds PingAccess and trusts its certificate, and so PingFederate's, and no other. */
  page: Page
  /** What the pages of that browser complained of. */
  complaints: readonly string[]
  /** Of the runtime node where people log in. */
  issuer: string
}

/**
 * Ana makes a client in Swagger UI, redeems its secret and reads there what to set up in PingAccess, and PingAccess's
 * administrator does that with the sample application.
 */
export const protectApplication = async (t: TestContext): Promise<Protected> => {
  const service = await startWithPingAccess(t, { env: signInEnv })
  offerSignIn(service)
  const { engine, certificate, issuer } = service.pingAccess
  const hosts = { [new URL(pingAccessUrl).host]: `${engine.hostname}:${engine.port}` }
  const tab = await openTab(t, {}, { hosts, certificate })
  await tab.page.goto(`${service.url}/documentation`)
  await signIn(tab, 'Ana')
  const answers = await clickThrough(tab.page)
  const administrator = createAdministrator(service.pingAccess)
  await administrator.trust(answers.tokenProvider)
  await administrator.follow(answers.recipe, answers.clientSecret)
  return { page: await tab.context.newPage(), complaints: tab.complaints, issuer }
}

const clickThrough = async (page: Page) => {
  const create = await openOperation(page, 'Create a web session client')
  await create
    .locator('textarea')
    .first()
    .fill(JSON.stringify({ ...smallest, team: 'payments' }))
  const { token } = (await readAnswer(create)).retrieval
  const redeem = await openOperation(page, 'Redeem a client secret, once')
  await redeem.locator('textarea').first().fill(JSON.stringify({ token }))
  const { clientSecret } = await readAnswer(redeem)
  const provider = await openOperation(page, 'The token provider of PingAccess, and the certificate to trust')
  const tokenProvider = await readAnswer(provider)
  const setUp = await openOperation(page, 'What to set up in PingAccess for a client')
  await setUp.locator('[data-param-name="clientId"] input').fill(smallest.clientId)
  return { clientSecret, tokenProvider, recipe: await readAnswer(setUp) }
}

/** Opens the application as nobody yet, and clicks a person's name on PingFederate's login page. */
export const logInByClick = async (page: Page, person: string): Promise<void> => {
  await page.goto(protectedUrl)
  await page.getByRole('button', { name: person }).click()
  await page.getByRole('heading', { name: 'Hello' }).waitFor()
}
