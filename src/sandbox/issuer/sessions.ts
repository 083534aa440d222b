import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import type { Engine } from '../pingfederate/pingfederate.ts'
import type { StoredClient } from '../pingfederate/stored-client.ts'
import { sendPage } from './interactions.ts'
import { logoutPage } from './pages.ts'

/** Where PingAccess sends a browser whose person logs out. */
export const logoutPath = '/idp/startSLO.ping'
/** PingFederate's session revocation API. */
export const revokedPath = '/pf-ws/rest/sessionMgmt/revokedSris'

/** What PingFederate's discovery document has beside OpenID Connect's own. */
export function toMetadata(issuer: string): Record<string, string> {
  return {
    ping_end_session_endpoint: `${issuer}${logoutPath}`,
    ping_revoked_sris_endpoint: `${issuer}${revokedPath}`,
  }
}

/** The end of the sessions that people have at the issuer, and who is told of it. */
export function createSessions(provider: Provider, engine: Engine) {
  const revoked = new Set<string>()

  async function endSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Without the rest of oidc-provider's context, which this reads only where it is there.
    const ctx = provider.createContext(request, response) as Parameters<typeof provider.Session.get>[0]
    const session = await provider.Session.get(ctx)
    const clients = Object.keys(session.authorizations ?? {}).flatMap(id => engine.findClient(id) ?? [])
    revoked.add(session.uid)
    await session.destroy()
    sendPage(response, 200, logoutPage(clients.filter(engine.wantsLogout).flatMap(toPictures)), 'https:')
  }

  /** 200 where a session was revoked, 404 where it was not; 401 for whoever may not ask. */
  async function answerRevoked(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = decodeURIComponent(request.url?.slice(revokedPath.length + 1) ?? '')
    const client = findClient(request.headers.authorization ?? '', engine)
    const mayAsk = client?.client.oidcPolicy.grantAccessSessionRevocationApi === true
    const known = revoked.has(session) ? 200 : 404
    response.writeHead(mayAsk ? known : 401, { 'content-length': 0 }).end()
  }

  return { endSession, answerRevoked }
}

/** Where PingAccess ends its own session: beside its callback. */
function toPictures({ client }: StoredClient): string[] {
  return client.redirectUris.map(uri => uri.replace(/\/cb$/, '/logout.png'))
}

function findClient(authorization: string, engine: Engine): StoredClient | undefined {
  const [, credentials = ''] = /^Basic (.+)$/i.exec(authorization) ?? []
  const [id = '', secret = ''] = Buffer.from(credentials, 'base64').toString().split(':')
  const stored = engine.findClient(decodeURIComponent(id))
  const isRight = stored !== undefined && engine.acceptsSecret(stored, decodeURIComponent(secret))
  return isRight ? stored : undefined
}
