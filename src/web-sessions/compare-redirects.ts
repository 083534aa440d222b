import {
  type Callback,
  findLiveCallbacks,
  isSamePlace,
  isWildcard,
  type Place,
  toBase,
  toCallback,
  toHostAndPort,
  toOrigin,
} from '../pingaccess/callbacks.ts'
import type { LiveApplication, LiveVirtualHost } from '../pingaccess/live.ts'
import {
  type LiveClient,
  type LivePingAccess,
  nameApplication,
  patch,
  type RecordedClient,
  reapply,
  toComparedRow,
} from './compared-row.ts'
import type { ComparedRow } from './live-agreement-schema.ts'

type Sides = {
  recorded: RecordedClient
  client: Pick<LiveClient, 'redirectUris'>
  pingAccess: Pick<LivePingAccess, 'virtualHosts' | 'reservedContextRoot'>
  /** Those that use a web session of the client. */
  applications: readonly LiveApplication[]
}

/** Where the redirect URIs of the client are not the callbacks that PingAccess sends, each difference under the one row whose fix ends it. */
export const compareRedirects = (sides: Sides): ComparedRow[] => {
  const { recorded, client, pingAccess, applications } = sides
  const { otherRedirectUris } = recorded.settings
  const callbacks = findLiveCallbacks(
    client.redirectUris.filter(redirectUri => !otherRedirectUris.includes(redirectUri)),
  )
  const looked = applications.map(application => lookAt(application, callbacks, pingAccess))
  return [
    compareReservedRoot(recorded, callbacks, pingAccess.reservedContextRoot, looked),
    ...looked.flatMap(each => [
      compareVirtualHosts(recorded, callbacks, each),
      compareReservedResources(recorded, pingAccess.reservedContextRoot, each),
    ]),
    ...(applications.length === 0 ? [] : [compareRedirectUris(recorded, callbacks, pingAccess, looked)]),
  ]
}

type Fault = 'virtual_hosts' | 'reserved_context_root' | 'reserved_resources'

/** One application, with what is wrong at each of its hosts. */
type Looked = {
  application: LiveApplication
  virtualHosts: LiveVirtualHost[]
  /** Each host that people may use, as far as they are known: of a wildcard those that the client has. */
  hosts: { place: Place; registered: Callback[]; fault: Fault | undefined }[]
}

const lookAt = (
  application: LiveApplication,
  callbacks: readonly Callback[],
  { virtualHosts: all, reservedContextRoot: root }: Sides['pingAccess'],
): Looked => {
  const virtualHosts = all.filter(({ id }) => application.virtualHostIds.includes(id))
  const places = virtualHosts.flatMap(virtualHost =>
    isWildcard(virtualHost) ? expand(virtualHost, callbacks) : virtualHost,
  )
  const base = toBase(application)
  return {
    ...{ application, virtualHosts },
    hosts: places.map(place => {
      const registered = callbacks.filter(callback => isSamePlace(callback, place))
      return { place, registered, fault: findFault(registered, base, root) }
    }),
  }
}

/** Itself where the client has none of its hosts. */
const expand = (wildcard: Place, callbacks: readonly Callback[]): Place[] => {
  const hosts = new Set(callbacks.filter(each => isSamePlace(each, wildcard)).map(({ host }) => host))
  return hosts.size === 0 ? [wildcard] : [...hosts].map(host => ({ host, port: wildcard.port }))
}

const findFault = (registered: readonly Callback[], base: string, root: string): Fault | undefined => {
  if (registered.length === 0) return 'virtual_hosts'
  const below = registered.filter(each => each.root === root)
  if (below.length === 0) return 'reserved_context_root'
  if (below.some(each => each.base === base)) return undefined
  // One below another context root is that of another PingAccess URL, and this one is missing.
  return base === '' || below.some(each => each.base === '') ? 'reserved_resources' : 'virtual_hosts'
}

const placesWith = ({ hosts }: Looked, fault: Fault): Place[] =>
  hosts.filter(each => each.fault === fault).map(({ place }) => place)

const compareVirtualHosts = (
  { clientId }: RecordedClient,
  callbacks: readonly Callback[],
  looked: Looked,
): ComparedRow => {
  const { application, virtualHosts } = looked
  const missing = placesWith(looked, 'virtual_hosts')
  const wildcards = virtualHosts.filter(isWildcard)
  const found = {
    inPingFederate: toPlaces(callbacks),
    inPingAccess: virtualHosts.map(toHostAndPort),
    agrees: missing.length > 0 ? false : wildcards.length > 0 ? null : true,
  }
  const fix =
    missing.length > 0 ? toMissingFix(clientId, missing, application) : toWildcardFix(wildcards, looked)
  return toComparedRow('virtual_hosts', toAbout(application), { ...found, fix })
}

const toPlaces = (places: readonly Place[]): string[] => [...new Set(places.map(toHostAndPort))]

const toAbout = ({ id, webSessionId }: LiveApplication) => ({ application: id, webSession: webSessionId })

const toMissingFix = (clientId: string, missing: readonly Place[], application: LiveApplication): string => {
  const urls = missing.map(place =>
    isWildcard(place) ? `each host of ${toHostAndPort(place)} that people use` : toUrl(place, application),
  )
  return `Have a redirect URI there: ${patch(clientId, `pingAccessUrls that have ${urls.join(', ')} as well`)}; or take the virtual host off ${nameApplication(application)}.`
}

const toUrl = (place: Place, { contextRoot }: LiveApplication): string =>
  toOrigin(place) + contextRoot.replace(/\/$/, '')

const toWildcardFix = (wildcards: readonly Place[], { hosts }: Looked): string => {
  const fitting = hosts
    .map(({ place }) => place)
    .filter(place => wildcards.some(each => isSamePlace(each, place)))
  return `See that pingAccessUrls name every host that people use: ${wildcards.map(toHostAndPort).join(', ')} takes any that fits, and PingFederate those that are named, of which ${toPlaces(fitting).join(', ')} fit.`
}

const compareReservedRoot = (
  { clientId }: RecordedClient,
  callbacks: readonly Callback[],
  reserved: string,
  looked: readonly Looked[],
): ComparedRow => {
  const roots = [...new Set(callbacks.map(({ root }) => root))]
  const isWrong = looked.some(each => placesWith(each, 'reserved_context_root').length > 0)
  const [former = '/pa'] = roots
  return toComparedRow(
    'reserved_context_root',
    {},
    {
      inPingFederate: roots,
      inPingAccess: reserved,
      agrees: roots.length === 0 ? null : !isWrong && roots.includes(reserved),
      fix:
        roots.length === 0
          ? 'The client has no redirect URI that is a callback of PingAccess, so there is nothing to compare: look at virtual_hosts.'
          : `Have the operator of this service set PINGACCESS_CALLBACK_PATH to ${reserved}/oidc/cb, then ${patch(clientId, 'its pingAccessUrls as they are')}; or have PingAccess keep ${former} for itself again (PUT /applications/reserved), which changes the callback of every application.`,
    },
  )
}

const compareReservedResources = (
  { clientId, settings }: RecordedClient,
  root: string,
  looked: Looked,
): ComparedRow => {
  const { application, hosts } = looked
  const wrong = placesWith(looked, 'reserved_resources')
  const expected = application.deployReservedResources ? 'contextRoot' : 'host'
  return toComparedRow('reserved_resources', toAbout(application), {
    inPingFederate: [...new Set(hosts.flatMap(({ registered }) => registered.map(each => each.redirectUri)))],
    inPingAccess: hosts.map(({ place }) => toCallback(place, toBase(application), root)),
    agrees: wrong.length === 0,
    fix:
      settings.callbackUnder === expected
        ? `Somebody has changed the redirect URIs in PingFederate: ${reapply(clientId)}.`
        : `Have the redirect URIs where PingAccess answers: ${patch(clientId, `{"callbackUnder": "${expected}"}`)}; or switch Use context root as reserved resource base path (deployReservedResources) ${application.deployReservedResources ? 'off' : 'on'} in ${nameApplication(application)}.`,
  })
}

/** In the other direction, over all applications: a host that is not used makes no login fail. */
const compareRedirectUris = (
  { clientId }: RecordedClient,
  callbacks: readonly Callback[],
  { virtualHosts: all }: Sides['pingAccess'],
  looked: readonly Looked[],
): ComparedRow => {
  const used = looked.flatMap(({ virtualHosts }) => virtualHosts)
  const unused = callbacks.filter(callback => !used.some(place => isSamePlace(place, callback)))
  const unknown = unused.filter(callback => !all.some(place => isSamePlace(place, callback)))
  const [{ application } = { application: undefined }] = looked
  const add =
    unknown.length === 0
      ? ''
      : `add the virtual hosts ${toPlaces(unknown).join(', ')} (Applications, Virtual Hosts; POST /virtualhosts) and `
  return toComparedRow(
    'redirect_uris',
    {},
    {
      inPingFederate: callbacks.map(({ redirectUri }) => redirectUri),
      inPingAccess: toPlaces(used),
      agrees: unused.length === 0,
      fix: `No login fails by that, but nobody can use ${toPlaces(unused).join(', ')}: ${add}choose the virtual host in ${application ? nameApplication(application) : 'an application'}, or ${patch(clientId, 'pingAccessUrls without it')}.`,
    },
  )
}
