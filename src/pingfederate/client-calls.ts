import { isApiResult } from './api-result.ts'
import { withSettings } from './client-fields.ts'
import type { NewClient } from './client-settings.ts'
import { isTooLong, PingFederateFailure } from './failure.ts'
import { type NewSecret, withNewSecret, withoutFormerSecrets } from './new-secret.ts'
import { type ClientInPingFederate, parseClient, parseClients } from './oauth-client.ts'
import { type Answer, bodyOf } from './parse-answer.ts'
import { withItsSecret } from './sendable.ts'
import type { Call, CallPingFederate } from './transport.ts'

/**
 * A client is about 3 kB of JSON, and one with many redirect URIs is 11 kB: a page of those is 700 kB, and an answer is
 * cut at a mebibyte. A power of two, because a page that is longer all the same is read in halves.
 */
export const clientsPerPage = 64
/** Clients of 128 kB each still fit. Halving once more could fail often enough in a row to count as an outage. */
const fewestClientsPerPage = 8

export const toAddress = (method: 'POST' | 'PUT', { clientId }: Pick<NewClient, 'clientId'>) => ({
  method,
  path: method === 'POST' ? '/oauth/clients' : toPath(clientId),
})

export const toUpdateCall = (
  { clientId, raw }: ClientInPingFederate,
  client: NewClient,
  written: { operationId: string; version: readonly number[] },
): Call<ClientInPingFederate> => ({
  operation: 'update_client',
  ...toAddress('PUT', { clientId }),
  body: withSettings(withItsSecret(raw.reveal()), client, written),
  read: answer => readClient(answer, 200, clientId),
})

export const toRotateCall = (
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
export const endingSince = [12, 3] as const

/** Resolves to whether there is such a call. */
export const toEndingCall = ({ clientId }: ClientInPingFederate): Call<boolean> => ({
  operation: 'end_former_secrets',
  method: 'DELETE',
  path: `${toPath(clientId)}/clientAuth/clientSecret/secondarySecrets`,
  read: answer => {
    if (isAbsence(answer)) return false
    bodyOf(answer, 204)
    return true
  },
})

export const toEndingPut = ({ clientId, raw }: ClientInPingFederate): Call<void> => ({
  operation: 'end_former_secrets',
  ...toAddress('PUT', { clientId }),
  body: withoutFormerSecrets(raw.reveal()),
  read: answer => void readClient(answer, 200, clientId),
})

export const toDeleteCall = (clientId: string): Call<void> => ({
  operation: 'delete_client',
  method: 'DELETE',
  path: toPath(clientId),
  read: answer => void (isAbsence(answer) || bodyOf(answer, 204)),
})

/** A page whose answer is too long is the same clients as two pages of half its size. */
export const listPage = async (call: CallPingFederate, asked: Page): Promise<ClientInPingFederate[]> => {
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
  read: answer => parseClients(bodyOf(answer, 200)),
})

const toPath = (clientId: string): string => `/oauth/clients/${encodeURIComponent(clientId)}`

/** A proxy's 404 does not count: what is done because a client is absent cannot be undone. */
const isAbsence = ({ status, body }: Answer): boolean => status === 404 && isApiResult(body)

export const readClient = (answer: Answer, status: number, clientId: string): ClientInPingFederate => {
  const client = parseClient(bodyOf(answer, status))
  if (client?.clientId !== clientId) throw new PingFederateFailure('unexpected', { status })
  return client
}

/** Some stores compare ids without the case of letters, and answer with the client that has the id in another case. */
const readFound = (answer: Answer, clientId: string): ClientInPingFederate => {
  const client = parseClient(bodyOf(answer, 200))
  if (client?.clientId.toLowerCase() === clientId.toLowerCase()) return client
  throw new PingFederateFailure('unexpected', { status: 200 })
}

export const toFindCall = (clientId: string): Call<ClientInPingFederate | undefined> => ({
  operation: 'find_client',
  method: 'GET',
  path: toPath(clientId),
  read: answer => (isAbsence(answer) ? undefined : readFound(answer, clientId)),
})
