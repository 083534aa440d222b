import { Secret } from '../secret.ts'
import { isApiResult } from './api-result.ts'
import { withSettings } from './client-fields.ts'
import type { NewClient } from './client-settings.ts'
import { type ClusterState, parseClusterState } from './cluster.ts'
import { beforeTheCall, isTooLong, PingFederateFailure } from './failure.ts'
import { isAtLeast } from './is-at-least.ts'
import { type NewSecret, withNewSecret, withoutFormerSecrets } from './new-secret.ts'
import { type ClientInPingFederate, parseClient, parseClients, toPingFederateClient } from './oauth-client.ts'
import type { Answer } from './parse-answer.ts'
import { type Prerequisites, readPrerequisites } from './prerequisites.ts'
import { withItsSecret } from './sendable.ts'
import { apiPath, type Call, type Operation, type Transport } from './transport.ts'

/** A call that changes something and has not been sent. */
type PlannedCall = { method: 'POST' | 'PUT'; path: string; body: unknown }

/** Publishes every administrator's pending changes. */
export const plannedReplication: PlannedCall = {
  method: 'POST',
  path: `${apiPath}/cluster/replicate`,
  body: null,
}

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
  /** Version as numbers, such as [12, 1, 0, 4]. */
  getVersion: () => Promise<readonly number[]>
  /** What the cluster says of its replication; undefined where there is no cluster. */
  findClusterState: () => Promise<ClusterState | undefined>
  /** Whether saving a client publishes it at once. */
  isReplicatingOnSave: () => Promise<boolean>
  /** Publishes every administrator's pending changes to the engines. */
  replicate: () => Promise<void>
}

/**
 * A client is about 3 kB of JSON, and one with many redirect URIs is 11 kB: a page of those is 700 kB, and an answer is
 * cut at a mebibyte. A power of two, because a page that is longer all the same is read in halves.
 */
export const clientsPerPage = 64
/** Clients of 128 kB each still fit. Halving once more could fail often enough in a row to count as an outage. */
const fewestClientsPerPage = 8

export const createPingFederate = ({ call }: Pick<Transport, 'call'>): PingFederate => {
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
    findClient: clientId =>
      call({
        operation: 'find_client',
        method: 'GET',
        path: toPath(clientId),
        read: answer => (isAbsence(answer) ? undefined : readFound(answer, clientId)),
      }),
    listClients: (page, filter) => listPage(call, { page, size: clientsPerPage, filter }),
    readPrerequisites: () => readPrerequisites(call),
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

const toAddress = (method: 'POST' | 'PUT', { clientId }: Pick<NewClient, 'clientId'>) => ({
  method,
  path: method === 'POST' ? '/oauth/clients' : toPath(clientId),
})

const toUpdateCall = (
  { clientId, raw }: ClientInPingFederate,
  client: NewClient,
  written: { operationId: string; version: readonly number[] },
): Call<ClientInPingFederate> => ({
  operation: 'update_client',
  ...toAddress('PUT', { clientId }),
  body: withSettings(withItsSecret(raw.reveal()), client, written),
  read: answer => readClient(answer, 200, clientId),
})

const toRotateCall = (
  { clientId, raw }: ClientInPingFederate,
  newSecret: NewSecret,
): Call<ClientInPingFederate> => ({
  operation: 'rotate_secret',
  ...toAddress('PUT', { clientId }),
  body: withNewSecret(raw.reveal(), newSecret),
  secrets: [newSecret.secret],
  read: answer => readClient(answer, 200, clientId),
})

/** Versions before have no call for it. */
const endingSince = [12, 3] as const

/** Resolves to whether there is such a call. */
const toEndingCall = ({ clientId }: ClientInPingFederate): Call<boolean> => ({
  operation: 'end_former_secrets',
  method: 'DELETE',
  path: `${toPath(clientId)}/clientAuth/clientSecret/secondarySecrets`,
  read: answer => {
    if (isAbsence(answer)) return false
    expect(answer, 204)
    return true
  },
})

const toEndingPut = ({ clientId, raw }: ClientInPingFederate): Call<void> => ({
  operation: 'end_former_secrets',
  ...toAddress('PUT', { clientId }),
  body: withoutFormerSecrets(raw.reveal()),
  read: answer => void readClient(answer, 200, clientId),
})

const toDeleteCall = (clientId: string): Call<void> => ({
  operation: 'delete_client',
  method: 'DELETE',
  path: toPath(clientId),
  read: answer => void (isAbsence(answer) || expect(answer, 204)),
})

/** A page whose answer is too long is the same clients as two pages of half its size. */
const listPage = async (call: Transport['call'], asked: Page): Promise<ClientInPingFederate[]> => {
  try {
    return await call(toListCall(asked))
  } catch (error) {
    if (!isTooLong(error) || asked.size <= fewestClientsPerPage) throw error
    const [page, size] = [2 * asked.page, asked.size / 2]
    const first = await listPage(call, { ...asked, page: page - 1, size })
    return [...first, ...(await listPage(call, { ...asked, page, size }))]
  }
}

type Page = { page: number; size: number; filter: string | undefined }

const toListCall = ({ page, size, filter }: Page): Call<ClientInPingFederate[]> => ({
  operation: 'list_clients',
  method: 'GET',
  path: `/oauth/clients?page=${page}&numberPerPage=${size}${
    filter === undefined ? '' : `&filter=${encodeURIComponent(filter)}`
  }`,
  read: answer => parseClients(expect(answer, 200)),
})

/** Also the probe of a PingFederate that does not answer. */
export const versionCall: Call<readonly number[]> = {
  operation: 'get_version',
  method: 'GET',
  path: '/version',
  read: answer => parseVersion(expect(answer, 200)),
}

const clusterStatusCall: Call<ClusterState> = {
  operation: 'get_cluster_status',
  method: 'GET',
  path: '/cluster/status',
  read: answer => parseClusterState(expect(answer, 200)),
}

const clusterSettingsCall: Call<boolean> = {
  operation: 'get_cluster_settings',
  method: 'GET',
  path: '/cluster/settings',
  read: ({ body }) =>
    (body as { replicateClientsOnSave?: unknown } | undefined)?.replicateClientsOnSave === true,
}

const replicateCall: Call<void> = {
  operation: 'replicate',
  method: 'POST',
  path: '/cluster/replicate',
  read: answer => void expect(answer, 200),
}

const toPath = (clientId: string): string => `/oauth/clients/${encodeURIComponent(clientId)}`

/** A proxy's 404 does not count: what is done because a client is absent cannot be undone. */
const isAbsence = ({ status, body }: Answer): boolean => status === 404 && isApiResult(body)

const readClient = (answer: Answer, status: number, clientId: string): ClientInPingFederate => {
  const client = parseClient(expect(answer, status))
  if (client?.clientId !== clientId) throw new PingFederateFailure('unexpected', { status })
  return client
}

/** Some stores compare ids without the case of letters, and answer with the client that has the id in another case. */
const readFound = (answer: Answer, clientId: string): ClientInPingFederate => {
  const client = parseClient(expect(answer, 200))
  if (client?.clientId.toLowerCase() === clientId.toLowerCase()) return client
  throw new PingFederateFailure('unexpected', { status: 200 })
}

const rejectUnsent = (error: unknown): Promise<never> => Promise.reject(beforeTheCall(error))

const expect = ({ status, body }: Answer, expected: number): unknown => {
  if (status !== expected) throw new PingFederateFailure('unexpected', { status })
  return body
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
