import type { IncomingMessage, RequestListener } from 'node:http'
import { escapeHtml, page } from '../issuer/pages.ts'

/** The header fields by which the application knows who it is, and the attributes that they come from. */
export const identityHeaders = { 'x-user': 'sub', 'x-user-name': 'name', 'x-user-email': 'email' } as const

/** An application that knows nothing of logins: it greets whoever PingAccess says is there. */
export const sampleApplication: RequestListener = (request, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(toSamplePage(request))
}

/** The page that answers a request. */
export function toSamplePage({ headers, url }: Pick<IncomingMessage, 'headers' | 'url'>): string {
  const [id, name, email] = Object.keys(identityHeaders).map(field => String(headers[field] ?? ''))
  const who = `${name || id || 'stranger'}${email ? ` (${email})` : ''}`
  return page(`Hello, ${escapeHtml(who)}`, `<p>This is ${escapeHtml(url ?? '')}.</p>`)
}
