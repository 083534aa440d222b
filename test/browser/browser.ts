import { createHash, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** Debian's, and where others put theirs. */
const executablePath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
].find(path => existsSync(path))

/** Why tests in a browser can't run here; false when they can. */
export const missingBrowser: string | false =
  executablePath === undefined && 'there is no Chromium here; on Debian: apt-get install chromium'

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A name that is not a loopback name, so that nothing is forgiven because it is local. */
const usualHosts = { 'clients.test': '127.0.0.1' }

export type Surroundings = {
  /** Where names are found, each with or without a port; what has no entry is looked up as usual. */
  hosts?: Readonly<Record<string, string>>
  /** In PEM; trusted whoever has signed it and whatever it is for, and no other that is not in order is. */
  certificate?: string
}

const toArguments = ({ hosts = {}, certificate }: Surroundings): string[] => {
  const rules = Object.entries({ ...usualHosts, ...hosts }).map(([name, place]) => `MAP ${name} ${place}`)
  const resolving = `--host-resolver-rules=${rules.join(', ')}`
  if (certificate === undefined) return [resolving]
  const key = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  const hash = createHash('sha256').update(key).digest('base64')
  return [resolving, `--ignore-certificate-errors-spki-list=${hash}`]
}

export type Tab = {
  page: Page
  context: BrowserContext
  /** Errors and warnings in the console of any page, among them violations of the Content-Security-Policy. */
  complaints: string[]
}

/** One page in a browser of its own; closed when the test ends. */
export const openTab = async (
  t: TestContext,
  screen: BrowserContextOptions = {},
  surroundings: Surroundings = {},
): Promise<Tab> => {
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: [...args, ...toArguments(surroundings)],
  })
  t.after(() => browser.close())
  const context = await browser.newContext({ viewport: { width: 1280, height: 1000 }, ...screen })
  context.setDefaultTimeout(10_000)
  const complaints: string[] = []
  context.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  context.on('weberror', error => complaints.push(error.error().message))
  return { page: await context.newPage(), context, complaints }
}
