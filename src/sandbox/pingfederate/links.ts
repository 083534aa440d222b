import type { Client } from './client.ts'
import type { CompleteClient } from './defaults.ts'

type Link = NonNullable<Client['defaultAccessTokenManagerRef']>

/** Nobody follows a location, so it need not be this sandbox's own address. */
const baseUrl = 'https://pingfederate.example.com:9999/pf-admin-api/v1'

/** Where that which a field links to has its own address. */
const paths: Readonly<Record<string, string>> = {
  defaultAccessTokenManagerRef: '/oauth/accessTokenManagers',
  requestPolicyRef: '/oauth/cibaServerPolicy/requestPolicies',
  tokenExchangeProcessorPolicyRef: '/oauth/tokenExchange/processor/policies',
  policyGroup: '/oauth/openIdConnect/policies',
}

/** A client as it is kept: of a link the id only, and no link that is `{}`. */
export function withBareLinks(client: Client): Client {
  const { oidcPolicy } = client
  const bare = mapLinks(client, toBareLink)
  return oidcPolicy === undefined ? bare : { ...bare, oidcPolicy: mapLinks(oidcPolicy, toBareLink) }
}

/** A client as it is answered: links have their location, and no policy is `{}`. */
export function withLocations(client: CompleteClient): CompleteClient {
  const oidcPolicy = { policyGroup: {}, ...mapLinks(client.oidcPolicy, toLocatedLink) }
  return { ...mapLinks(client, toLocatedLink), oidcPolicy }
}

/** The field of a link that was sent with its location, if there is one. */
export function findLocation(client: Client): string | undefined {
  const { oidcPolicy = {} } = client
  const links = [...linksOf(client), ...linksOf(oidcPolicy)]
  const [name] = links.find(([, { location }]) => location !== undefined) ?? []
  return name === 'policyGroup' ? 'oidcPolicy.policyGroup' : name
}

function linksOf(object: object): [name: string, link: Link][] {
  return Object.entries(object).filter(([name]) => name in paths)
}

function mapLinks<T extends object>(object: T, map: (link: Link, path: string) => Link): T {
  const links = linksOf(object).map(([name, link]) => [name, map(link, paths[name] ?? '')] as const)
  const none = new Set(links.filter(([, { id }]) => id === undefined).map(([name]) => name))
  const mapped = { ...object, ...Object.fromEntries(links) }
  return Object.fromEntries(Object.entries(mapped).filter(([name]) => !none.has(name))) as T
}

function toBareLink({ id }: Link): Link {
  return id === undefined ? {} : { id }
}

function toLocatedLink({ id }: Link, path: string): Link {
  return id === undefined ? {} : { id, location: `${baseUrl}${path}/${encodeURIComponent(id)}` }
}
