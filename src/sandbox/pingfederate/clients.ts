import type { Answer } from '../exchange.ts'
import { invalid, notFound, type ValidationError } from './api-result.ts'
import { inVersion } from './client-versions.ts'
import { type CompleteClient, withDefaults } from './defaults.ts'
import type { Installation } from './installation.ts'
import { withLocations } from './links.ts'
import { parseClient, parseClientSecret } from './parse-body.ts'
import { applySecrets, noSecret, type SecretState, toClientSecret } from './secrets.ts'
import type { StoredClient } from './stored-client.ts'
import { missingSecret, validateClient } from './validate-client.ts'
import { isAtLeast } from './version.ts'

/** `POST /oauth/clients` */
export function createClient(installation: Installation, body: unknown): Answer {
  const { client, errors } = readClient(installation, body)
  const taken = isTaken(installation, client.clientId) ? [duplicate(client.clientId)] : []
  const problems = [...errors, ...missingSecret(client), ...taken]
  if (problems.length > 0) throw invalid(problems)
  const created = installation.now().toISOString()
  return { status: 201, body: save(installation, client, noSecret, created) }
}

/** `PUT /oauth/clients/{id}`: what isn't sent falls back to its default, and a secret that isn't sent is lost. */
export function replaceClient(installation: Installation, clientId: string, body: unknown): Answer {
  const before = getStored(installation, clientId)
  const sent = typeof body === 'object' && !Array.isArray(body) ? { ...body, clientId } : body
  const { client, errors } = readClient(installation, sent)
  if (errors.length > 0) throw invalid(errors)
  return { status: 200, body: save(installation, client, before, before.creationDate) }
}

/** `GET /oauth/clients/{id}` */
export function getClient(installation: Installation, clientId: string): Answer {
  return { status: 200, body: toWire(installation, getStored(installation, clientId)) }
}

/** `DELETE /oauth/clients/{id}` */
export function deleteClient({ store }: Installation, clientId: string): Answer {
  if (store.get(clientId) === undefined) throw notFound()
  store.delete(clientId)
  return { status: 204 }
}

/** `GET /oauth/clients?page&numberPerPage&filter`: pages start at 1; without `numberPerPage` all is one page. */
export function listClients(installation: Installation, query: URLSearchParams): Answer {
  const problems: ValidationError[] = []
  const page = positive(query, 'page', problems) ?? 1
  const numberPerPage = positive(query, 'numberPerPage', problems) ?? Number.MAX_SAFE_INTEGER
  if (problems.length > 0) throw invalid(problems)
  const filter = query.get('filter')?.toLowerCase() ?? ''
  const items = Iterator.from(installation.store.list())
    .filter(({ client }) => [client.clientId, client.name].some(text => text.toLowerCase().includes(filter)))
    .drop((page - 1) * numberPerPage)
    .take(numberPerPage)
    .map(stored => toWire(installation, stored))
  return { status: 200, body: { items: items.toArray() } }
}

/** `GET /oauth/clients/{id}/clientAuth/clientSecret` */
export function getClientSecret(installation: Installation, clientId: string): Answer {
  return { status: 200, body: toClientSecret(getStored(installation, clientId), installation) }
}

/** `PUT /oauth/clients/{id}/clientAuth/clientSecret` */
export function replaceClientSecret(installation: Installation, clientId: string, body: unknown): Answer {
  const stored = getStored(installation, clientId)
  const sent = parseClientSecret(body)
  const { type } = stored.client.clientAuth
  const wanted = missingSecret({ ...stored.client, clientAuth: { ...sent, type } })
  if (wanted.length > 0) throw invalid(wanted)
  const secrets = applySecrets(stored, sent, retentionMinutes(installation, stored.client), installation)
  installation.store.save({ ...stored, ...secrets, modificationDate: installation.now().toISOString() })
  return getClientSecret(installation, clientId)
}

/** `DELETE …/clientSecret/secondarySecrets`: the old secrets die now. */
export function deleteSecondarySecrets(installation: Installation, clientId: string): Answer {
  const stored = getStored(installation, clientId)
  const modificationDate = installation.now().toISOString()
  installation.store.save({ ...stored, secondarySecrets: [], modificationDate })
  return { status: 204 }
}

function readClient({ settings }: Installation, body: unknown) {
  const parsed = parseClient(body, settings)
  const client = withDefaults(parsed.client)
  return { client, errors: [...parsed.errors, ...validateClient(client, settings)] }
}

function getStored({ store }: Installation, clientId: string): StoredClient {
  const stored = store.get(clientId)
  if (stored === undefined) throw notFound()
  return stored
}

function isTaken({ store, reservedClientIds }: Installation, clientId: string): boolean {
  return store.get(clientId) !== undefined || reservedClientIds.has(clientId)
}

function duplicate(clientId: string): ValidationError {
  const message = `A client with the ID ${clientId} already exists.`
  return { errorId: 'duplicate_client_id', message, fieldPath: 'clientId' }
}

function retentionMinutes({ settings }: Installation, client: CompleteClient): number {
  return client.clientSecretRetentionPeriodType === 'OVERRIDE_SERVER_DEFAULT'
    ? (client.clientSecretRetentionPeriod ?? 0)
    : settings.clientSecretRetentionPeriod
}

function save(installation: Installation, sent: CompleteClient, before: SecretState, creationDate: string) {
  const { secret, encryptedSecret, secondarySecrets, ...clientAuth } = sent.clientAuth
  const passed = {
    ...(secret === undefined ? {} : { secret }),
    ...(encryptedSecret === undefined ? {} : { encryptedSecret }),
    ...(secondarySecrets === undefined ? {} : { secondarySecrets }),
  }
  const stored: StoredClient = {
    client: { ...sent, clientAuth },
    ...applySecrets(before, passed, retentionMinutes(installation, sent), installation),
    creationDate,
    modificationDate: installation.now().toISOString(),
  }
  installation.store.save(stored)
  return toWire(installation, stored)
}

function toWire(installation: Installation, stored: StoredClient) {
  const { client, clientSecretChangedTime, creationDate, modificationDate } = stored
  return {
    ...inVersion(withLocations(client), installation.settings.version),
    clientAuth: { ...client.clientAuth, ...toClientSecret(stored, installation) },
    ...(clientSecretChangedTime === undefined ? {} : { clientSecretChangedTime }),
    creationDate,
    modificationDate,
    ...toReplicationStatus(installation, client),
  }
}

/** PingFederate says it only where a save is meant to replicate the client. */
function toReplicationStatus({ store, settings }: Installation, { clientId }: CompleteClient) {
  if (!store.clustered || !settings.replicateClientsOnSave || !isAtLeast(settings.version, 12, 0)) return {}
  return { replicationStatus: store.isReplicated(clientId) ? 'REPLICATED' : 'NOT_REPLICATED' }
}

function positive(query: URLSearchParams, name: string, problems: ValidationError[]): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  problems.push({ errorId: 'invalid_value', message: `${name} must be a positive integer.`, fieldPath: name })
  return undefined
}
