import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import type { TestService } from '../service.ts'

type Request = { method: string; path: string; body?: unknown; token?: string; headers?: string[] }

/** The bytes of a request. */
export const toText = ({ method, path, body, token, headers = [] }: Request): string => {
  const json = body === undefined ? '' : JSON.stringify(body)
  const fields = ['Host: service', ...headers]
  if (token !== undefined) fields.push(`Authorization: Bearer ${token}`)
  if (json) fields.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(json)}`)
  return `${method} ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n${json}`
}

/** Sends a request on a connection that the service has taken already, and resets it with the last byte. */
export const sendAndReset = async (
  t: TestContext,
  { url, call }: TestService,
  request: Request,
): Promise<void> => {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  // A later connection has been answered, so this one was taken before it.
  await call('GET', '/health/live', { as: null })
  socket.write(toText(request))
  socket.resetAndDestroy()
}
