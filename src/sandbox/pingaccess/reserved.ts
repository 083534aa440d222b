import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { sendPage } from '../issuer/interactions.ts'
import { errorPage } from '../issuer/pages.ts'
import type { Installation } from './installation.ts'
import type { createLogins } from './logins.ts'
import type { createSessions } from './sessions.ts'
import { readMetadata } from './token-provider.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** What the engine answers at its own addresses, by their paths below the reserved context root. */
export function createReserved({
  installation,
  logins,
  sessions,
}: {
  installation: Installation
  logins: ReturnType<typeof createLogins>
  sessions: ReturnType<typeof createSessions>
}): Readonly<Record<string, Handler>> {
  async function takeCode(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, query = ''] = request.url?.split('?') ?? []
    // The other login types have the answer posted.
    const answer = request.method === 'POST' ? await text(request) : query
    const { webSession, url, claims, cookie } = await logins.finish(request, new URLSearchParams(answer))
    const cookies = [cookie, sessions.begin(webSession, claims)]
    response.writeHead(302, { location: url, 'set-cookie': cookies }).end()
  }

  /** With single logout PingFederate's session ends as well, and with it those of other applications. */
  async function logOut(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('set-cookie', sessions.end(request))
    if (installation.runtime?.useSlo !== true) {
      sendPage(response, 200, errorPage('Signed off', 'of PingAccess alone'))
      return
    }
    const { ping_end_session_endpoint: location } = await readMetadata(installation)
    response.writeHead(302, { location: String(location) }).end()
  }

  /** PingFederate's word that a person has logged out, sent by way of their browser. */
  async function forget(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'set-cookie': sessions.end(request), 'content-type': 'image/png' }).end()
  }

  return {
    '/oidc/cb': takeCode,
    '/oidc/logout': logOut,
    '/oidc/logout.png': forget,
  }
}
