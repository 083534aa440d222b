import { type ClusterState, parseClusterState } from './cluster.ts'
import { PingFederateFailure } from './failure.ts'
import { bodyOf } from './parse-answer.ts'
import type { Call, Operation } from './transport.ts'

/** Also the probe of a PingFederate that does not answer. */
export const versionCall: Call<readonly number[]> = {
  operation: 'get_version',
  method: 'GET',
  path: '/version',
  read: answer => parseVersion(bodyOf(answer, 200)),
}

export const clusterStatusCall: Call<ClusterState> = {
  operation: 'get_cluster_status',
  method: 'GET',
  path: '/cluster/status',
  read: answer => parseClusterState(bodyOf(answer, 200)),
}

export const clusterSettingsCall: Call<boolean> = {
  operation: 'get_cluster_settings',
  method: 'GET',
  path: '/cluster/settings',
  read: ({ body }) =>
    (body as { replicateClientsOnSave?: unknown } | undefined)?.replicateClientsOnSave === true,
}

export const replicateCall: Call<void> = {
  operation: 'replicate',
  method: 'POST',
  path: '/cluster/replicate',
  read: answer => void bodyOf(answer, 200),
}

const ofClusters: ReadonlySet<Operation> = new Set([
  'get_cluster_status',
  'get_cluster_settings',
  'replicate',
])

/** What Ping calls the reason is not known for every version, so these are told by their words. */
const aboutAccount = /licen[cs]e|permi(?:ssion|tted)|privilege|\brole|authori[sz]ed|forbidden|denied/i

/**
 * Whether a call says that there is no cluster: a 403 in PingFederate's own words or none, unless the words are about
 * the account or the licence.
 */
export const isWithoutCluster = (error: unknown, { operation }: Pick<Call<unknown>, 'operation'>): boolean =>
  error instanceof PingFederateFailure &&
  error.status === 403 &&
  error.speaker !== 'another' &&
  ofClusters.has(operation) &&
  !aboutAccount.test(error.reason ?? '')

/** Strict, because the process remembers the version for good: a proxy's answer must not pass for one. */
const parseVersion = (body: unknown): readonly number[] => {
  const { version } = (body ?? {}) as { version?: unknown }
  const numbers = typeof version === 'string' ? version.split('.').map(Number).filter(Number.isInteger) : []
  if (numbers.length === 0) throw new PingFederateFailure('unexpected', { status: 200 })
  return numbers
}
