import type { ReplicationState } from '../database/vocabulary.ts'
import { PingFederateFailure } from './failure.ts'
import { isJson, type Json } from './json.ts'

/** How far an engine has come, and when the configuration was saved that it fetched last. */
type Engine = { status: unknown; configuredAt: string | null }

/** `GET /cluster/status`, as far as it tells whether a saved client has reached the engines. */
export type ClusterState = {
  /** Whether the console has something that it has not told the engines. */
  replicationRequired: boolean
  /** When the engines were told last. */
  lastReplicationTime: string | null
  engines: readonly Engine[]
}

/** @throws PingFederateFailure `unexpected` for what tells nothing of a cluster: something else answers there */
export const parseClusterState = (body: unknown): ClusterState => {
  if (!isJson(body) || !('replicationRequired' in body || 'nodes' in body))
    throw new PingFederateFailure('unexpected', { status: 200 })
  const { replicationRequired, lastReplicationTime, nodes } = body
  return {
    // Anything but a clear false means that it is not known to be done.
    replicationRequired: replicationRequired !== false,
    lastReplicationTime: toText(lastReplicationTime),
    engines: (Array.isArray(nodes) ? nodes : []).filter(isEngine).map(node => ({
      status: node['replicationStatus'],
      configuredAt: toText(node['configurationTimestamp']),
    })),
  }
}

const toText = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const isEngine = (node: unknown): node is Json => isJson(node) && node['mode'] === 'CLUSTERED_ENGINE'

/**
 * Where a client is that was saved at `savedAt` (all times by PingFederate's clock). That the engines were told is no
 * arrival: each fetches and applies the configuration by itself, and says so.
 */
export const toReplicationState = (state: ClusterState, savedAt: string | null): ReplicationState => {
  const isTold = !state.replicationRequired || isAfter(state.lastReplicationTime, savedAt)
  if (isTold && state.engines.some(({ status }) => status === 'FAILED')) return 'failed'
  // Told a moment ago, an engine may still speak of the configuration before.
  const isToldSince = isAfter(state.lastReplicationTime, savedAt)
  const hasIt = (engine: Engine): boolean =>
    (isTold && engine.status === 'SUCCEEDED' && !(isToldSince && isOlder(engine.configuredAt, savedAt))) ||
    // Behind by a later change of somebody else, and not by this one.
    (engine.status === 'OUT_OF_DATE' && has(engine.configuredAt, savedAt))
  return state.engines.length > 0 && state.engines.every(hasIt) ? 'ready' : 'replicating'
}

/** A configuration has the time of the last save that is in it, so that of the client's save is enough. */
const has = (configuredAt: string | null, savedAt: string | null): boolean =>
  configuredAt !== null && (configuredAt === savedAt || isAfter(configuredAt, savedAt))

/** By whole seconds, in case one of the times has no more. */
const isOlder = (configuredAt: string | null, savedAt: string | null): boolean =>
  configuredAt !== null && savedAt !== null && toSeconds(configuredAt) < toSeconds(savedAt)

const toSeconds = (time: string): number => Math.floor(Date.parse(time) / 1_000)

/** In the same moment it may have been either way round. */
const isAfter = (time: string | null, savedAt: string | null): boolean =>
  time !== null && savedAt !== null && Date.parse(time) > Date.parse(savedAt)
