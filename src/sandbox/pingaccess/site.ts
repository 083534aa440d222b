import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { request as send } from 'undici'
import type { Installation } from './installation.ts'
import type { Application } from './schema.ts'
import type { Session } from './sessions.ts'

/** Of one connection, and of no use on the next (RFC 9110 section 7.6.1). */
const ofTheConnection = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'upgrade']

/** Passes a request on to the application, with what its identity mapping says of the person. */
export async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  { application, session }: { application: Application; session: Session | undefined },
  installation: Installation,
): Promise<void> {
  const [target = ''] = installation.sites.find(application.siteId)?.targets ?? []
  const { method = 'GET', url = '' } = request
  const answer = await send(`http://${target}${url}`, {
    method,
    headers: { ...without(request.headers), ...toHeaders(application, session, installation) },
    ...(['GET', 'HEAD'].includes(method) ? {} : { body: request }),
  })
  response.writeHead(answer.statusCode, without(answer.headers))
  response.end(Buffer.from(await answer.body.arrayBuffer()))
}

function without(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheConnection.includes(name)))
}

/** An attribute that the ID token doesn't have is an empty header, whatever the browser has sent. */
function toHeaders(
  { identityMappingIds }: Application,
  session: Session | undefined,
  installation: Installation,
) {
  const mapping = installation.identityMappings.find(identityMappingIds?.['Web'])
  const pairs = mapping?.configuration.attributeHeaderMappings ?? []
  return Object.fromEntries(
    pairs.map(({ attributeName, headerName }) => [
      headerName.toLowerCase(),
      String(session?.claims[attributeName] ?? ''),
    ]),
  )
}
