import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Answer, type Exchange, Refusal, toRecorded } from '../exchange.ts'
import { refusal } from './api-error.ts'
import type { Installation } from './installation.ts'
import { type AdminRequest, route } from './route.ts'

/** The one administrator, whose password may be changed while the stand-in runs. */
export interface Administrator {
  readonly username: string
  password: string
}

const basePath = '/pa-admin-api/v3'

/** PingAccess's administrative API over an installation, as a listener; `record` gets every exchange. */
export function createAdminApi(
  installation: Installation,
  administrator: Administrator,
  record: (exchange: Exchange) => void,
): RequestListener {
  async function answer({ headers }: IncomingMessage, request: AdminRequest): Promise<Answer> {
    try {
      authenticate(headers, administrator)
      return await route(installation, request)
    } catch (error) {
      if (error instanceof Refusal) return error.answer
      return refusal(500, String(error)).answer
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const [fullPath = '', query = ''] = url.split('?')
    const path = fullPath.startsWith(`${basePath}/`) ? fullPath.slice(basePath.length) : ''
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const asked = { method, path, query: new URLSearchParams(query), json: () => parseJson(text) }
    const { status, body, headers: others = {} } = await answer(request, asked)
    const { authorization, cookie, ...requestHeaders } = headers
    record({ method, path, query, requestHeaders, requestBody: toRecorded(text), status, responseBody: body })
    response.writeHead(status, { ...others, 'content-type': 'application/json' })
    response.end(body === undefined ? '' : JSON.stringify(body))
  }

  return (request, response) => {
    serve(request, response).catch(() => response.destroy())
  }
}

/** Says 401 to whoever isn't the administrator, and 403 to requests without PingAccess's header. */
function authenticate(headers: IncomingHttpHeaders, { username, password }: Administrator): void {
  if (headers['x-xsrf-header'] !== 'PingAccess') throw refusal(403, 'The X-XSRF-Header is missing.')
  const expected = Buffer.from(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`)
  const given = Buffer.from(headers.authorization ?? '')
  if (given.length === expected.length && timingSafeEqual(given, expected)) return
  const challenge = { 'www-authenticate': 'Basic realm="PingAccess"' }
  throw refusal(401, 'The credentials are not recognized.', {}, challenge)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refusal(422, 'The body is not JSON.')
  }
}
