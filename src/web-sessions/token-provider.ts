import type { App } from '../http/route.ts'
import type { PingAccess } from '../pingaccess/ping-access.ts'
import type { Runtime } from '../pingfederate/runtime.ts'
import type { TokenProviderReader } from '../pingfederate/token-provider.ts'
import { readPingAccessTrust } from './ping-access-trust.ts'
import { requireNodes } from './require-nodes.ts'
import { toTokenProvider } from './to-token-provider.ts'
import { tokenProviderDocument } from './token-provider-document.ts'

export type TokenProviderDependencies = {
  runtime: Pick<Runtime, 'urls'>
  tokenProvider: TokenProviderReader
  /** Undefined where none is configured. */
  pingAccess: Pick<PingAccess, 'readTrust'> | undefined
  now: () => number
}

const schema = {
  operationId: 'getTokenProvider',
  tags: ['web sessions'],
  summary: 'The token provider of PingAccess, and the certificate to trust',
  description: tokenProviderDocument.description,
  response: { 200: tokenProviderDocument.tokenProvider },
}

/** `GET /token-provider` */
export const getTokenProvider = (
  app: App,
  { runtime, tokenProvider, pingAccess, now }: TokenProviderDependencies,
): void => {
  app.route({
    method: 'GET',
    url: '/token-provider',
    config: {
      scope: 'web-session-clients:read',
      action: 'token-provider.read',
      problems: tokenProviderDocument.problems,
    },
    schema,
    handler: async (_request, reply) => {
      requireNodes(runtime)
      const found = await tokenProvider.read()
      const trust = await readPingAccessTrust(pingAccess, found, now())
      return reply.code(200).send(toTokenProvider(found, now(), trust))
    },
  })
}
