import type { Answer } from '../call.ts'
import { createAdministrator, type Recipe, type TokenProvider } from '../pingaccess/administrator.ts'
import type { SandboxPingAccess } from '../sandbox.ts'
import { expect, type Step, Unexpected } from './step.ts'

/** What the act needs of the walk-through that comes before it. */
export interface Act {
  readonly step: Step
  readonly pingAccess: SandboxPingAccess
  readonly send: (method: string, path: string) => Promise<Answer>
  readonly clientId: string
  readonly secret: string
}

const person = 'ana'

/** How a person logs in through PingAccess; each says what they see. */
export interface Logins {
  /** With the secret that PingAccess has. */
  readonly open: () => Promise<string>
  /** With that secret, which an administrator puts in first. */
  readonly logIn: (secret: string) => Promise<string>
}

/** PingAccess is set up as the service says, and a person logs in. */
export async function setUpPingAccess(act: Act): Promise<Logins> {
  const { step, pingAccess, clientId, secret } = act
  const administrator = createAdministrator(pingAccess)
  const tokenProvider = await readFromService<TokenProvider>(act, '/token-provider')
  await step(
    'Have PingAccess trust PingFederate as GET /token-provider says',
    async () => {
      await administrator.trust(tokenProvider)
      return await administrator.send('GET', '/pingfederate/runtime/metadata')
    },
    ({ issuer }) => [['issuer', String(issuer)]],
  )
  const recipe = await readFromService<Recipe>(act, `/web-session-clients/${clientId}/web-session`)
  const id = await step(
    'Give it the web session of GET …/web-session, and the secret',
    () => administrator.follow(recipe, secret),
    () =>
      Object.entries(recipe.webSession)
        .slice(0, 2)
        .map(([name, value]) => [name, String(value)]),
  )
  const [url = ''] = recipe.applications.flatMap(({ contextRoot, virtualHosts }) =>
    virtualHosts.map(({ host, port }) => `https://${host}:${port}${contextRoot}`),
  )
  const open = async () => {
    await using browser = pingAccess.openBrowser(person, [new URL(url).host])
    return (await browser.open(url)).text
  }
  await step(
    `Open ${url} and log in as ${person}`,
    async () => assertGreeted(await open()),
    page => [['page', page]],
  )
  async function logIn(newSecret: string): Promise<string> {
    const clientSecret = { value: newSecret }
    const clientCredentials = { clientId, clientSecret, credentialsType: 'SECRET' }
    await administrator.change(id, { clientCredentials })
    return await open()
  }
  return { open, logIn }
}

async function readFromService<Body>({ send }: Act, path: string): Promise<Body> {
  const { status, body, text } = await send('GET', path)
  expect(`GET ${path}`, status, 200, text)
  return body as Body
}

/** The page, where it is the application's; throws Unexpected for any other. */
export function assertGreeted(page: string): string {
  if (page.includes('Hello, Ana')) return page
  throw new Unexpected(`the application: expected a greeting, got ${page}`)
}
