import type { Answer } from '../exchange.ts'
import { notFound, refusal } from './api-result.ts'
import * as clients from './clients.ts'
import * as cluster from './cluster.ts'
import * as extended from './extended-properties.ts'
import type { Installation } from './installation.ts'
import * as prerequisites from './prerequisites.ts'
import { isAtLeast } from './version.ts'

/** A request to the admin API, its path without `/pf-admin-api/v1`. */
export interface AdminRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Read only by the operations that have a body; throws 400 when it isn't JSON. */
  readonly json: () => unknown
}

type Operation = (installation: Installation, request: AdminRequest) => Answer
type ClientOperation = (installation: Installation, clientId: string, request: AdminRequest) => Answer
type Methods<T> = Readonly<Partial<Record<string, T>>>

const operations: Readonly<Record<string, Methods<Operation>>> = {
  '/version': { GET: prerequisites.getVersion },
  '/cluster/status': { GET: cluster.getClusterStatus },
  '/cluster/replicate': { POST: cluster.replicate },
  '/cluster/settings': { GET: cluster.getClusterSettings },
  '/extendedProperties': {
    GET: extended.getExtendedProperties,
    PUT: (installation, { json }) => extended.replaceExtendedProperties(installation, json()),
  },
  '/oauth/authServerSettings': { GET: prerequisites.getAuthServerSettings },
  '/oauth/accessTokenManagers': { GET: prerequisites.listAccessTokenManagers },
  '/oauth/accessTokenManagers/settings': { GET: prerequisites.getAccessTokenManagementSettings },
  '/oauth/openIdConnect/policies': { GET: prerequisites.listOidcPolicies },
  '/oauth/openIdConnect/settings': { GET: prerequisites.getOidcSettings },
  '/oauth/clients': {
    GET: (installation, { query }) => clients.listClients(installation, query),
    POST: (installation, { json }) => clients.createClient(installation, json()),
  },
}

const clientOperations: Readonly<Record<string, Methods<ClientOperation>>> = {
  '': {
    GET: clients.getClient,
    PUT: (installation, id, { json }) => clients.replaceClient(installation, id, json()),
    DELETE: clients.deleteClient,
  },
  '/clientAuth/clientSecret': {
    GET: clients.getClientSecret,
    PUT: (installation, id, { json }) => clients.replaceClientSecret(installation, id, json()),
  },
  '/clientAuth/clientSecret/secondarySecrets': {
    DELETE(installation, id) {
      if (!isAtLeast(installation.settings.version, 12, 3)) throw notFound()
      return clients.deleteSecondarySecrets(installation, id)
    },
  },
}

/** Finds and runs the operation; throws a Refusal for everything but success. */
export function route(installation: Installation, request: AdminRequest): Answer {
  const methods = operations[request.path]
  if (methods !== undefined) return pick(methods, request.method)(installation, request)
  const [, encodedId, rest = ''] = /^\/oauth\/clients\/([^/]+)(\/.*)?$/.exec(request.path) ?? []
  const clientMethods = clientOperations[rest]
  if (encodedId === undefined || clientMethods === undefined) throw notFound()
  return pick(clientMethods, request.method)(installation, decode(encodedId), request)
}

function pick<T>(methods: Methods<T>, method: string): T {
  const operation = methods[method]
  if (operation !== undefined) return operation
  throw refusal(405, 'method_not_allowed', 'Method not allowed.', { allow: Object.keys(methods).join(', ') })
}

function decode(encodedId: string): string {
  try {
    return decodeURIComponent(encodedId)
  } catch {
    throw refusal(400, 'invalid_path', 'The path is not properly encoded.')
  }
}
