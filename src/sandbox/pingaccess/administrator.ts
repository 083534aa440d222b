import { call, isRecord } from '../call.ts'
import type { PingAccess } from './pingaccess.ts'
import { identityHeaders } from './sample-application.ts'

/** What `GET /token-provider` of the service says, as far as PingAccess needs it. */
export interface TokenProvider {
  readonly issuer: string
  readonly certificate: { readonly pem: string }
}

/** What `GET …/web-session` of the service says, as far as PingAccess needs it. */
export interface Recipe {
  readonly clientId: string
  readonly webSession: Readonly<Record<string, unknown>>
  /** Where the secret goes in the web session, as JSON Pointer. */
  readonly secretPointer: string
  readonly applications: readonly {
    readonly contextRoot: string
    readonly virtualHosts: readonly { readonly host: string; readonly port: number }[]
    readonly deployReservedResources: boolean
  }[]
}

type Body = Readonly<Record<string, unknown>>

/** Calls of the admin API as its administrator; they throw what PingAccess refuses. */
function createCalls({ adminUrl, adminUsername, adminPassword }: PingAccess) {
  const credentials = Buffer.from(`${adminUsername}:${adminPassword}`).toString('base64')
  const headers = { authorization: `Basic ${credentials}`, 'x-xsrf-header': 'PingAccess' }

  async function send(method: string, path: string, body?: Body): Promise<Body> {
    const answer = await call(method, `${adminUrl}/pa-admin-api/v3${path}`, headers, body)
    if (answer.status === 200) return answer.body
    throw new Error(`PingAccess answers ${method} ${path} with ${answer.status}: ${answer.text}`)
  }

  /** Makes it, unless there is one of that name. */
  async function ensure(path: string, query: Record<string, string>, body: Body): Promise<number> {
    const { items } = await send('GET', `${path}?${new URLSearchParams(query)}`)
    const [found] = Array.isArray(items) ? items : []
    const { id } = isRecord(found) ? found : await send('POST', path, body)
    return Number(id)
  }

  const ensureNamed = (path: string, body: Body & { name: string }) => ensure(path, { name: body.name }, body)

  return { send, ensure, ensureNamed }
}

/** An administrator of PingAccess, who does by its admin API what the service says; throws what PingAccess refuses. */
export function createAdministrator(pingAccess: PingAccess) {
  const { send, ensure, ensureNamed } = createCalls(pingAccess)

  return {
    send,

    /** Once for an installation: PingAccess trusts PingFederate. */
    async trust({ issuer, certificate: { pem } }: TokenProvider, useSlo = true): Promise<void> {
      const alias = 'pingfederate'
      const fileData = Buffer.from(pem).toString('base64')
      const certificate = await ensure('/certificates', { alias }, { alias, fileData })
      const group = { name: 'PingFederate', certIds: [certificate] }
      const trustedCertificateGroupId = await ensureNamed('/trustedCertificateGroups', group)
      await send('PUT', '/pingfederate/runtime', { issuer, trustedCertificateGroupId, useSlo })
    },

    /** The web session of a recipe, and the sample application behind each of its context roots; the web session's id. */
    async follow(recipe: Recipe, secret: string): Promise<number> {
      const webSession = putSecret(recipe.webSession, recipe.secretPointer, secret)
      const { id } = await send('POST', '/webSessions', webSession)
      await this.protect(recipe, Number(id))
      return Number(id)
    },

    /** The sample application behind each context root of a recipe, protected by a web session that there is. */
    async protect(recipe: Pick<Recipe, 'clientId' | 'applications'>, webSessionId: number): Promise<void> {
      const siteId = await ensureNamed('/sites', { name: 'sample', targets: [pingAccess.sampleTarget] })
      const mapping = await ensureNamed('/identityMappings', sampleMapping)
      for (const { contextRoot, virtualHosts, deployReservedResources } of recipe.applications) {
        const virtualHostIds = await Promise.all(
          virtualHosts.map(({ host, port }) =>
            ensure('/virtualhosts', { virtualHost: `${host}:${port}` }, { host, port }),
          ),
        )
        await send('POST', '/applications', {
          ...{ ...toApplication(`${recipe.clientId}${contextRoot}`), contextRoot, virtualHostIds },
          ...{
            webSessionId,
            siteId,
            identityMappingIds: { Web: mapping },
            deployReservedResources,
          },
        })
      }
    },

    /** Changes a web session and leaves everything else in it as it is. */
    async change(id: number, change: Body): Promise<void> {
      await send('PUT', `/webSessions/${id}`, { ...(await send('GET', `/webSessions/${id}`)), ...change })
    },
  }
}

/** What an application has to say and has no choice in here. */
function toApplication(name: string): Body {
  return {
    ...{
      name,
      enabled: true,
      applicationType: 'Web',
      defaultAuthType: 'Web',
      destination: 'Site',
      agentId: 0,
    },
    ...{ sidebandClientId: '', authenticationChallengePolicyId: 'default', spaSupportEnabled: false },
  }
}

const sampleMapping = {
  name: 'sample',
  className: 'com.pingidentity.pa.identitymappings.HeaderIdentityMapping',
  configuration: {
    attributeHeaderMappings: Object.entries(identityHeaders).map(([headerName, attributeName]) => ({
      subject: attributeName === 'sub',
      attributeName,
      headerName,
    })),
    headerClientCertificateMappings: [],
  },
}

function putSecret(webSession: Body, pointer: string, secret: string): Body {
  const filled = structuredClone(webSession)
  const names = pointer.split('/').slice(1)
  const last = names.pop() ?? ''
  const holder = names.reduce<Body>((each, name) => (isRecord(each[name]) ? each[name] : {}), filled)
  Object.assign(holder, { [last]: secret })
  return filled
}
