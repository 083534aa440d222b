import type { Answer } from '../exchange.ts'
import { refusal } from './api-result.ts'
import type { EngineStatus } from './engines.ts'
import type { Installation } from './installation.ts'

/** `GET /cluster/status` */
export function getClusterStatus(installation: Installation): Answer {
  assertClustered(installation)
  const { settings, store } = installation
  const { required, lastTime, lastUpdateTime, engines } = store.replication()
  const { version } = settings
  const body = {
    nodes: [
      { address: '127.0.0.1:7600', index: 0, mode: 'CLUSTERED_CONSOLE', version },
      ...engines.map((engine, index) => ({
        address: `127.0.0.1:${7601 + index}`,
        index: index + 1,
        mode: 'CLUSTERED_ENGINE',
        version,
        ...toNodeStatus(engine, required),
      })),
    ],
    lastConfigUpdateTime: lastUpdateTime,
    ...(lastTime === undefined ? {} : { lastReplicationTime: lastTime }),
    // Says whether the engines were told, not whether they have it.
    replicationRequired: required,
    mixedMode: false,
    currentNodeIndex: 0,
  }
  return { status: 200, body }
}

/** An engine that has ended is behind again as soon as something else is saved. */
function toNodeStatus(engine: EngineStatus, required: boolean): Partial<EngineStatus> {
  const { replicationStatus, configurationTimestamp } = engine
  const hasEnded = replicationStatus === 'SUCCEEDED' || replicationStatus === 'FAILED'
  return {
    replicationStatus: hasEnded && required ? 'OUT_OF_DATE' : replicationStatus,
    ...(configurationTimestamp === undefined ? {} : { configurationTimestamp }),
  }
}

/** `POST /cluster/replicate`: tells the engines of everybody's pending changes, and doesn't wait until they have them. */
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
