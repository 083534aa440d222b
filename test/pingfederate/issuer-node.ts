import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { KeyPair } from './certificates.ts'

type Node = { url: string; requests: string[]; connections: () => number }

/** A runtime node with a discovery document, over TLS where it has a key pair; its own issuer unless another one is given. */
export const startIssuerNode = async (
  t: TestContext,
  {
    pair,
    answer = (response, url) => void response.end(JSON.stringify({ issuer: url })),
  }: { pair?: KeyPair | undefined; answer?: (response: ServerResponse, url: string) => void } = {},
): Promise<Node> => {
  const requests: string[] = []
  let connections = 0
  const listener: RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    answer(response, url)
  }
  const server = pair ? createTlsServer({ key: pair.key, cert: pair.cert }, listener) : createServer(listener)
  server.on('connection', () => {
    connections += 1
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const url = `${pair ? 'https' : 'http'}://127.0.0.1:${port}`
  return { url, requests, connections: () => connections }
}
