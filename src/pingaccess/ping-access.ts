import type { AdminApiConfig } from '../pingfederate/config.ts'
import { type CallOptions, createCalls, type PingAccessCalls } from './calls.ts'
import { type LiveIdentityMapping, parseIdentityMapping } from './identity-mappings.ts'
import {
  type LiveApplication,
  type LiveTokenProvider,
  type LiveVirtualHost,
  type LiveWebSession,
  parseApplication,
  parseTokenProvider,
  parseVirtualHost,
  parseWebSession,
  toText,
} from './live.ts'
import { createTrustCalls, createTrustReads, type TrustCalls } from './trust-calls.ts'
import { createWebSessionCalls, type WebSessionCalls } from './web-session-calls.ts'

/** What is read of PingAccess's administrative API. Every method rejects with a `PingAccessFailure`. */
export type PingAccessReads = {
  listWebSessions: () => Promise<LiveWebSession[]>
  listApplications: () => Promise<LiveApplication[]>
  listVirtualHosts: () => Promise<LiveVirtualHost[]>
  listIdentityMappings: () => Promise<LiveIdentityMapping[]>
  getReservedContextRoot: () => Promise<string>
  getTokenProvider: () => Promise<LiveTokenProvider>
  getVersion: () => Promise<string>
} & Pick<TrustCalls, 'readTrust'>

/** PingAccess's administrative API as far as this service uses it. */
export type PingAccess = PingAccessReads &
  WebSessionCalls &
  TrustCalls & {
    /** The same for whoever looks in the background: credentials that were refused are not tried again for it. */
    sparing: PingAccessReads
    close: () => Promise<void>
  }

export const createPingAccess = (config: AdminApiConfig, options: CallOptions): PingAccess => {
  const { sparing, close, ...calls } = createCalls(config, options)
  return {
    ...createReads(calls),
    ...createWebSessionCalls(calls),
    ...createTrustCalls(calls),
    sparing: createReads(sparing),
    close,
  }
}

const createReads = ({ get, list }: Pick<PingAccessCalls, 'get' | 'list'>): PingAccessReads => ({
  listWebSessions: () => list('/webSessions', parseWebSession),
  listApplications: () => list('/applications', parseApplication),
  listVirtualHosts: () => list('/virtualhosts', parseVirtualHost),
  listIdentityMappings: () => list('/identityMappings', parseIdentityMapping),
  getReservedContextRoot: () => get('/applications/reserved', body => toText(body['contextRoot'])),
  getTokenProvider: () => get('/pingfederate/runtime', parseTokenProvider),
  getVersion: () => get('/version', body => toText(body['version'])),
  ...createTrustReads({ get, list }),
})
