import type { Answer } from '../exchange.ts'
import { invalid, refusal } from './api-error.ts'
import type { Installation } from './installation.ts'
import { parseBody } from './parse-body.ts'
import { toReason } from './reason.ts'
import { PingFederateRuntime, ReservedApplication } from './schema.ts'
import { readMetadata } from './token-provider.ts'

/** A request to the admin API, its path without `/pa-admin-api/v3`. */
export interface AdminRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Throws 422 for a body that isn't JSON. */
  readonly json: () => unknown
}

type Operation = (installation: Installation, request: AdminRequest) => Answer | Promise<Answer>

const version = '7.3.0.2'

/** What there is once. */
const operations: Readonly<Record<string, Operation>> = {
  'GET /version': () => ({ status: 200, body: { version } }),
  'GET /applications/reserved': ({ reserved }) => ({ status: 200, body: reserved }),
  'PUT /applications/reserved'(installation, { json }) {
    installation.reserved = parseBody(ReservedApplication, json())
    return { status: 200, body: installation.reserved }
  },
  'GET /pingfederate/runtime': ({ runtime }) => ({ status: 200, body: runtime ?? { issuer: '' } }),
  'PUT /pingfederate/runtime'(installation, { json }) {
    const runtime = parseBody(PingFederateRuntime, json())
    const { trustedCertificateGroupId: group } = runtime
    if (group !== undefined && installation.trustedCertificateGroups.find(group) === undefined)
      throw invalid({ trustedCertificateGroupId: ['It does not exist.'] })
    installation.runtime = runtime
    return { status: 200, body: runtime }
  },
  'GET /pingfederate/runtime/metadata': async installation => ({
    status: 200,
    body: await readMetadata(installation).catch(error => {
      throw refusal(422, `The token provider cannot be read: ${toReason(error)}.`)
    }),
  }),
}

/** What there are many of, by their paths. */
const collections = {
  webSessions: 'webSessions',
  applications: 'applications',
  virtualhosts: 'virtualHosts',
  sites: 'sites',
  identityMappings: 'identityMappings',
  certificates: 'certificates',
  trustedCertificateGroups: 'trustedCertificateGroups',
} as const

/** Finds and runs the operation; throws a Refusal for everything but success. */
export async function route(installation: Installation, request: AdminRequest): Promise<Answer> {
  const { method, path, query, json } = request
  const operation = operations[`${method} ${path}`]
  if (operation !== undefined) return await operation(installation, request)
  const [, name, id] = /^\/(\w+)(?:\/(\d+))?$/.exec(path) ?? []
  if (name === undefined || !isCollection(name)) throw refusal(404, `Not found: ${path}.`)
  const collection = installation[collections[name]]
  const methods: Record<string, () => Answer> =
    id === undefined
      ? { GET: () => collection.list(query), POST: () => collection.create(json()) }
      : {
          GET: () => collection.get(Number(id)),
          PUT: () => collection.replace(Number(id), json()),
          DELETE: () => collection.remove(Number(id)),
        }
  const run = methods[method]
  if (run === undefined) throw refusal(405, 'Method not allowed.')
  return run()
}

function isCollection(name: string): name is keyof typeof collections {
  return Object.hasOwn(collections, name)
}
