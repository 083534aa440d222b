import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { sendPage } from '../issuer/interactions.ts'
import { errorPage } from '../issuer/pages.ts'
import { findPlace, type Place } from './find-place.ts'
import type { Installation } from './installation.ts'
import { createLogins } from './logins.ts'
import { toReason } from './reason.ts'
import { createReserved } from './reserved.ts'
import { isAlive } from './revocation.ts'
import { createSessions } from './sessions.ts'
import { passOn } from './site.ts'

type Protected = Extract<Place, { kind: 'application' }>

/** PingAccess's engine: whoever isn't logged in is sent to PingFederate, whoever is gets the application. */
export function createEngine(installation: Installation): RequestListener {
  const logins = createLogins(installation)
  const sessions = createSessions(installation.now)
  const own = createReserved({ installation, logins, sessions })

  async function protect(
    request: IncomingMessage,
    response: ServerResponse,
    place: Protected,
  ): Promise<void> {
    const { application, callbackPath } = place
    const webSession = installation.webSessions.find(application.webSessionId)
    const session = webSession && sessions.find(request, webSession)
    const isLetIn =
      webSession === undefined ||
      (session !== undefined && (await isAlive(session, webSession, installation)))
    if (isLetIn) {
      await passOn(request, response, { application, session }, installation)
      return
    }
    const origin = `https://${request.headers.host}`
    const asked = { redirectUri: origin + callbackPath, url: `${origin}${request.url}` }
    const { location, cookie } = await logins.begin(webSession, asked)
    response.writeHead(302, { location, 'set-cookie': cookie }).end()
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = request.url?.split('?') ?? []
    const place = findPlace(request.headers.host ?? '', path, installation)
    if (place.kind === 'application') return await protect(request, response, place)
    const handle = place.kind === 'reserved' ? own[place.path] : undefined
    if (handle !== undefined) return await handle(request, response)
    sendPage(response, 403, errorPage('Forbidden', 'no application is at this address'))
  }

  return (request, response) => {
    serve(request, response).catch(error =>
      sendPage(response, 500, errorPage('Login failed', toReason(error))),
    )
  }
}
