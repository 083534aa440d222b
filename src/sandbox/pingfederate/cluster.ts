import { type Answer, refusal } from './api-result.ts'
import type { Installation } from './installation.ts'

/** `GET /cluster/status` */
export function getClusterStatus(installation: Installation): Answer {
  assertClustered(installation)
  const { settings, store } = installation
  const { required, lastTime } = store.replication()
  const replicationStatus = required ? 'OUT_OF_DATE' : 'SUCCEEDED'
  const { version } = settings
  const engine = { mode: 'CLUSTERED_ENGINE', version, replicationStatus }
  const body = {
    nodes: [
      { address: '127.0.0.1:7600', index: 0, mode: 'CLUSTERED_CONSOLE', version },
      { address: '127.0.0.1:7601', index: 1, ...engine },
      { address: '127.0.0.1:7602', index: 2, ...engine },
    ],
    ...(lastTime === undefined ? {} : { lastConfigUpdateTime: lastTime, lastReplicationTime: lastTime }),
    replicationRequired: required,
    mixedMode: false,
    currentNodeIndex: 0,
  }
  return { status: 200, body }
}

/** `POST /cluster/replicate`: publishes everybody's pending changes. */
export function replicate(installation: Installation): Answer {
  assertClustered(installation)
  installation.store.publish()
  return { status: 200, body: { resultId: 'success', message: 'Operation succeeded.' } }
}

/** `GET /cluster/settings` */
export function getClusterSettings(installation: Installation): Answer {
  assertClustered(installation)
  const { replicateClientsOnSave } = installation.settings
  return { status: 200, body: { replicateConnectionsOnSave: false, replicateClientsOnSave } }
}

function assertClustered({ store }: Installation): void {
  if (!store.clustered) throw refusal(403, 'not_clustered', 'PingFederate is not deployed in clustered mode.')
}
