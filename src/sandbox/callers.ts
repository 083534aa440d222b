import { randomBytes } from 'node:crypto'

/** Somebody who can log in at the sandbox's issuer with one click. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly teams: readonly string[]
}

/** A program that gets its access tokens with client credentials. */
export interface Service {
  readonly clientId: string
  readonly clientSecret: string
  readonly teams: readonly string[]
  readonly scopes: readonly string[]
}

/** The scopes of the web-session-clients service, all of which the issuer can put into a token for it. */
export const serviceScopes = [
  'web-session-clients:read',
  'web-session-clients:write',
  'web-session-clients:admin',
  'secrets:redeem',
  'audit:read',
  'audit:read:all',
] as const

/** The OAuth client for PingFederate's admin API: its tokens are for that API, not for our service. */
export const adminApiClientId = 'pingfederate-admin-api'

/** The one scope of tokens for PingFederate's admin API. */
export const adminApiScope = 'pingfederate:admin'

/** The public client behind Swagger UI's *Authorize*. */
export const swaggerUiClientId = 'swagger-ui'

/** Everybody who can log in. */
export const people: readonly Person[] = [
  { id: 'ana', name: 'Ana', email: 'ana@example.com', teams: ['payments'] },
  { id: 'ben', name: 'Ben', email: 'ben@example.com', teams: ['shop'] },
  { id: 'cleo', name: 'Cleo', email: 'cleo@example.com', teams: ['payments', 'shop'] },
]

const forTeams = [
  'web-session-clients:read',
  'web-session-clients:write',
  'secrets:redeem',
  'audit:read',
] as const

const registrations = {
  'payments-pipeline': { teams: ['payments'], scopes: forTeams },
  'shop-pipeline': { teams: ['shop'], scopes: forTeams },
  portal: { teams: ['payments', 'shop'], scopes: forTeams },
  operator: { teams: [], scopes: [...forTeams, 'web-session-clients:admin'] },
  auditor: { teams: [], scopes: ['audit:read', 'audit:read:all', 'web-session-clients:read'] },
  [adminApiClientId]: { teams: [], scopes: [adminApiScope] },
} as const satisfies Record<string, Pick<Service, 'teams' | 'scopes'>>

/** The client id of a service that the sandbox knows. */
export type ServiceName = keyof typeof registrations

/** All services by client id. */
export type Services = Readonly<Record<ServiceName, Service>>

/** The client ids of all services. */
export const serviceNames = Object.keys(registrations) as readonly ServiceName[]

/** Gives every service its secret: the given one, or a random one. */
export function createServices(secrets: Partial<Record<ServiceName, string>> = {}): Services {
  const services = serviceNames.map(clientId => {
    const clientSecret = secrets[clientId] ?? randomBytes(32).toString('base64url')
    return [clientId, { clientId, clientSecret, ...registrations[clientId] }]
  })
  return Object.fromEntries(services) as Services
}
