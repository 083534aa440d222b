import type { Kept } from './collection.ts'
import type { Installation } from './installation.ts'
import type { Application } from './schema.ts'

/** What stands behind an address. */
export type Place =
  | { readonly kind: 'application'; readonly application: Kept<Application>; readonly callbackPath: string }
  /** PingAccess's own, such as `/oidc/cb`. */
  | { readonly kind: 'reserved'; readonly path: string }
  | { readonly kind: 'nothing' }

/** Finds it by the host and port that the browser uses, and by the path without its query. */
export function findPlace(host: string, path: string, installation: Installation): Place {
  const { reserved } = installation
  const virtualHostIds = findVirtualHosts(host, installation)
  const application = installation.applications
    .all()
    .filter(({ enabled = true, contextRoot, virtualHostIds: ids }) => {
      const isBelow = path === contextRoot || path.startsWith(`${withoutSlash(contextRoot)}/`)
      return enabled && isBelow && ids.some(id => virtualHostIds.includes(id))
    })
    .toSorted((one, other) => other.contextRoot.length - one.contextRoot.length)[0]
  const base = application?.deployReservedResources ? withoutSlash(application.contextRoot) : ''
  const ownRoots = [...new Set([base, ''])].map(root => `${root}${reserved.contextRoot}`)
  const own = virtualHostIds.length === 0 ? undefined : ownRoots.find(root => path.startsWith(`${root}/`))
  if (own !== undefined) return { kind: 'reserved', path: path.slice(own.length) }
  if (application === undefined) return { kind: 'nothing' }
  return { kind: 'application', application, callbackPath: `${base}${reserved.contextRoot}/oidc/cb` }
}

/** `*` as the host stands for any; with it the port has to be the same all the same. */
function findVirtualHosts(hostHeader: string, { virtualHosts }: Installation): number[] {
  const [name = '', port = '443'] = hostHeader.toLowerCase().split(':')
  return virtualHosts
    .all()
    .filter(({ host, port: its }) => (host === '*' || host.toLowerCase() === name) && its === Number(port))
    .map(({ id }) => id)
}

function withoutSlash(contextRoot: string): string {
  return contextRoot.replace(/\/$/, '')
}
