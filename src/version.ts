import { readFileSync } from 'node:fs'

/** The version of this service, from its `package.json`. */
export const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** What issuer and PingFederate see in their logs of who calls (RFC 9110 section 10.1.5). */
export const userAgent = `web-session-clients/${version}`
