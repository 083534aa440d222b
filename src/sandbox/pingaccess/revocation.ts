import * as openid from 'openid-client'
import type { Installation } from './installation.ts'
import type { WebSession } from './schema.ts'
import type { Session } from './sessions.ts'
import { discoverFor } from './token-provider.ts'

/** How long an answer is good where the web session doesn't say, in seconds. */
const usualCacheSeconds = 60

/**
 * Whether PingFederate has not revoked the session; true where the web session doesn't have it asked. Throws where the
 * client may not ask.
 */
export async function isAlive(
  session: Session,
  webSession: WebSession,
  installation: Installation,
): Promise<boolean> {
  const { validateSessionIsAlive, pfsessionStateCacheInSeconds: seconds = usualCacheSeconds } = webSession
  const nowMs = installation.now().getTime()
  if (!validateSessionIsAlive || nowMs - session.confirmedMs < seconds * 1000) return true
  const status = await ask(String(session.claims['pi.sri']), webSession, installation)
  if (status === 404) session.confirmedMs = nowMs
  else if (status !== 200) throw new Error(`the session revocation API answers ${status}`)
  return status === 404
}

/** 200 for a session that was revoked, 404 for one that was not. */
async function ask(name: string, webSession: WebSession, installation: Installation): Promise<number> {
  const configuration = await discoverFor(installation, webSession)
  const { ping_revoked_sris_endpoint: endpoint } = configuration.serverMetadata()
  const { clientId, clientSecret } = webSession.clientCredentials
  const credentials = [clientId, clientSecret?.value ?? ''].map(encodeURIComponent).join(':')
  const send = configuration[openid.customFetch] ?? fetch
  const response = await send(`${endpoint}/${encodeURIComponent(name)}`, {
    method: 'GET',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: null,
    redirect: 'manual',
  })
  return response.status
}
