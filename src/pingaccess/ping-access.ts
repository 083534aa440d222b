import type { AdminApiConfig } from '../pingfederate/config.ts'
import { type CallOptions, createCalls } from './calls.ts'
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

/** PingAccess's administrative API as far as this service uses it. Every method rejects with a `PingAccessFailure`. */
export type PingAccess = {
  listWebSessions: () => Promise<LiveWebSession[]>
  listApplications: () => Promise<LiveApplication[]>
  listVirtualHosts: () => Promise<LiveVirtualHost[]>
  listIdentityMappings: () => Promise<LiveIdentityMapping[]>
  getReservedContextRoot: () => Promise<string>
  getTokenProvider: () => Promise<LiveTokenProvider>
  getVersion: () => Promise<string>
  close: () => Promise<void>
}

export const createPingAccess = (config: AdminApiConfig, options: CallOptions): PingAccess => {
  const { get, list, close } = createCalls(config, options)
  return {
    listWebSessions: () => list('/webSessions', parseWebSession),
    listApplications: () => list('/applications', parseApplication),
    listVirtualHosts: () => list('/virtualhosts', parseVirtualHost),
    listIdentityMappings: () => list('/identityMappings', parseIdentityMapping),
    getReservedContextRoot: () => get('/applications/reserved', body => toText(body['contextRoot'])),
    getTokenProvider: () => get('/pingfederate/runtime', parseTokenProvider),
    getVersion: () => get('/version', body => toText(body['version'])),
    close,
  }
}
