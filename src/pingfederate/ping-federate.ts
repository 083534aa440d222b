import { Secret } from '../secret.ts'
import {
  clientsPerPage,
  endingSince,
  listPage,
  readClient,
  toAddress,
  toDeleteCall,
  toEndingCall,
  toEndingPut,
  toFindCall,
  toRotateCall,
  toUpdateCall,
} from './client-calls.ts'
import type { NewClient } from './client-settings.ts'
import type { ClusterState } from './cluster.ts'
import {
  clusterSettingsCall,
  clusterStatusCall,
  isWithoutCluster,
  replicateCall,
  versionCall,
} from './cluster-calls.ts'
import { beforeTheCall } from './failure.ts'
import { isAtLeast } from './is-at-least.ts'
import type { NewSecret } from './new-secret.ts'
import { type ClientInPingFederate, toPingFederateClient } from './oauth-client.ts'
import type { PlannedCall } from './planned-call.ts'
import { type PolicyAttributes, readPolicyAttributes } from './policy-attributes.ts'
import { type Prerequisites, readPrerequisites } from './prerequisites.ts'
import { apiPath, type Call, type CallPingFederate } from './transport.ts'

/** The administrative API as far as this service uses it. Every method rejects with {@link PingFederateFailure}. */
export type PingFederate = {
  /** Makes the client; never repeats the call by itself. */
  createClient: (client: NewClient, secret: Secret, operationId: string) => Promise<ClientInPingFederate>
  /** Replaces the client of this id, with all its settings and its secret; nothing is merged. */
  replaceClient: (client: NewClient, secret: Secret, operationId: string) => Promise<ClientInPingFederate>
  /** Sets the managed fields of a client that was just read and leaves everything else as it is; never repeats the call by itself. */
  updateClient: (
    found: ClientInPingFederate,
    client: NewClient,
    operationId: string,
  ) => Promise<ClientInPingFederate>
  /** Gives a client that was just read a new secret and leaves everything else as it is; never repeats the call by itself. */
  rotateSecret: (found: ClientInPingFederate, newSecret: NewSecret) => Promise<ClientInPingFederate>
  /** Ends every secret of a client that was just read but the one in force; never repeats a call by itself. */
  endFormerSecrets: (found: ClientInPingFederate) => Promise<void>
  /** Resolves where PingFederate itself says that it has no such client (any more); never repeats the call by itself. */
  deleteClient: (clientId: string) => Promise<void>
  /** The call that would make or replace the client, with placeholders for the secret and the operation id. */
  planSave: (client: NewClient, method: 'POST' | 'PUT') => Promise<PlannedCall>
  findClient: (clientId: string) => Promise<ClientInPingFederate | undefined>
  /**
   * One page of all clients in PingFederate's order, or of those whose id or name has a text in it, whatever its case.
   * Pages count from 1, and one that is not full is the last.
   */
  listClients: (page: number, filter?: string) => Promise<ClientInPingFederate[]>
  /** Never rejects: what cannot be read is undefined. */
  readPrerequisites: () => Promise<Prerequisites>
  /** Never rejects: undefined where it cannot be read. */
  readPolicyAttributes: () => Promise<PolicyAttributes | undefined>
  /** Version as numbers, such as [12, 1, 0, 4]. */
  getVersion: () => Promise<readonly number[]>
  /** What the cluster says of its replication; undefined where there is no cluster. */
  findClusterState: () => Promise<ClusterState | undefined>
  /** Whether saving a client publishes it at once. */
  isReplicatingOnSave: () => Promise<boolean>
  /** Publishes every administrator's pending changes to the engines. */
  replicate: () => Promise<void>
}

export const createPingFederate = ({ call }: { call: CallPingFederate }): PingFederate => {
  let version: readonly number[] | undefined
  const getVersion = async () => {
    version ??= await call(versionCall)
    return version
  }
  // Only the fields of single logout depend on the version, so it is looked up for those alone.
  const getNeededVersion = async ({ settings }: NewClient) =>
    settings.logout === 'none' ? [] : await getVersion().catch(rejectUnsent)
  const toBody = async (client: NewClient, secret: Secret, operationId: string) =>
    toPingFederateClient({ client, secret, operationId, version: await getNeededVersion(client) })
  const save = async (as: 'POST' | 'PUT', client: NewClient, secret: Secret, operationId: string) =>
    call({
      operation: as === 'POST' ? 'create_client' : 'replace_client',
      ...toAddress(as, client),
      body: await toBody(client, secret, operationId),
      secrets: [secret],
      read: answer => readClient(answer, as === 'POST' ? 201 : 200, client.clientId),
    })
  const askCluster = <T>(asked: Call<T>): Promise<T | undefined> =>
    call(asked).catch(error => {
      if (isWithoutCluster(error, asked)) return undefined
      throw error
    })
  return {
    createClient: (client, secret, operationId) => save('POST', client, secret, operationId),
    replaceClient: (client, secret, operationId) => save('PUT', client, secret, operationId),
    updateClient: async (found, client, operationId) =>
      call(toUpdateCall(found, client, { operationId, version: await getNeededVersion(client) })),
    rotateSecret: (found, newSecret) => call(toRotateCall(found, newSecret)),
    endFormerSecrets: async found => {
      const isCallKnown = isAtLeast(await getVersion().catch(rejectUnsent), endingSince)
      // Where PingFederate says itself that it has no such call, nothing was done.
      if (isCallKnown && (await call(toEndingCall(found)))) return
      await call(toEndingPut(found))
    },
    deleteClient: clientId => call(toDeleteCall(clientId)),
    planSave: async (client, as) => {
      const { method, path } = toAddress(as, client)
      return { method, path: apiPath + path, body: await toBody(client, maskedSecret, plannedOperationId) }
    },
    findClient: clientId => call(toFindCall(clientId)),
    listClients: (page, filter) => listPage(call, { page, size: clientsPerPage, filter }),
    readPrerequisites: () => readPrerequisites(call),
    readPolicyAttributes: () => readPolicyAttributes(call),
    getVersion,
    findClusterState: () => askCluster(clusterStatusCall),
    isReplicatingOnSave: async () => (await askCluster(clusterSettingsCall)) === true,
    replicate: () => call(replicateCall),
  }
}

/** Stands for the secret in a plan, because callers see plans. */
const maskedSecret = new Secret('[masked]')
/** Stands for the operation id in a plan. */
const plannedOperationId = '<operation id>'

const rejectUnsent = (error: unknown): Promise<never> => Promise.reject(beforeTheCall(error))
