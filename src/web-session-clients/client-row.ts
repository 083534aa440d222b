import type { ClientRow, OperationRow } from '../database/schema.ts'
import type { ClientStatus } from '../database/vocabulary.ts'
import type { ClientSettings, NewClient } from '../pingfederate/client-settings.ts'
import type { Violation } from '../problem.ts'
import { formerSettings, pingAccessDefaults } from './defaults.ts'
import type { Delivery } from './deliver-schema.ts'
import type { WebSessionClient } from './schema.ts'

/** What a create has set, apart from what its operation says of itself. */
type Facts = Pick<ClientRow, 'name' | 'replication'> & {
  settings: Partial<ClientSettings>
  /** Missing in the facts of older versions. */
  drift?: WebSessionClient['drift']
  delivery?: WebSessionClient['delivery']
  createdAt: string
  updatedAt: string
}

/** What version 0.5 and older kept of a create: the body of its answer, without the retrieval. */
type FormerAnswer = Partial<ClientSettings> & {
  name: string
  status: ClientRow['replication']
  createdAt: string
  updatedAt: string
}

/** A client as rows and facts tell of it; settings that an older version did not know are missing. */
type Stored = Facts & Pick<WebSessionClient, 'clientId' | 'team' | 'createdBy'>

/** The one mapping to what is answered; what was done without being stored stands for settings that are missing. */
const toAnswer = ({
  settings: stored,
  replication,
  drift = null,
  delivery = null,
  ...client
}: Stored): WebSessionClient => {
  const settings = completeSettings(stored)
  return { ...client, ...settings, status: toStatus(settings, replication), drift, delivery }
}

/** Until the engines know that a client is disabled, people can log in through it. */
const toStatus = (
  { enabled }: Pick<ClientSettings, 'enabled'>,
  replication: ClientRow['replication'],
): ClientStatus => (replication === 'ready' && !enabled ? 'disabled' : replication)

/** Without what an older or a newer version may have stored that this one does not know. */
const completeSettings = (stored: Partial<ClientSettings>): ClientSettings => {
  const settings: Record<string, unknown> = { ...fullSettings }
  for (const name of settingNames) if (name in stored) settings[name] = stored[name]
  return settings as ClientSettings
}

const fullSettings: ClientSettings = { ...pingAccessDefaults, ...formerSettings }
const settingNames = Object.keys(pingAccessDefaults) as (keyof ClientSettings)[]

/** Row to wire. */
export const toWebSessionClient = (row: ClientRow): WebSessionClient =>
  toAnswer({ ...factsOf(row), clientId: row.client_id, team: row.team, createdBy: row.created_by })

const factsOf = (row: ClientRow): Facts => ({
  name: row.name,
  settings: JSON.parse(row.settings) as Partial<ClientSettings>,
  replication: row.replication,
  drift: toDrift(row),
  delivery: toDelivery(row),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const toDrift = ({
  drift: state,
  drift_found_at: foundAt,
}: Pick<ClientRow, 'drift' | 'drift_found_at'>): WebSessionClient['drift'] =>
  state === null || foundAt === null ? null : { state, foundAt }

const toDelivery = ({ delivery }: Pick<ClientRow, 'delivery'>): Delivery =>
  delivery === null ? null : (JSON.parse(delivery) as Delivery)

/** Row to what PingFederate has of it. */
export const toNewClient = (row: ClientRow): NewClient => ({
  clientId: row.client_id,
  name: row.name,
  team: row.team,
  settings: completeSettings(JSON.parse(row.settings) as Partial<ClientSettings>),
})

/** The same for a client that there is no row of yet. */
export const toPlannedClient = (
  { settings, ...client }: NewClient,
  { now, createdBy }: { now: number; createdBy: string },
): WebSessionClient => {
  const createdAt = new Date(now).toISOString()
  return toAnswer({
    ...client,
    ...{ settings, createdBy, createdAt, updatedAt: createdAt, replication: 'ready' },
  })
}

/** Whatever a client is searched by, in lower case. */
export const toSearchText = ({ clientId, name }: Pick<NewClient, 'clientId' | 'name'>): string =>
  `${clientId}\n${name}`.toLowerCase()

/** What a create keeps in its operation, because the client can change and a repetition is answered as the first time. */
export const toFacts = (row: ClientRow): string => JSON.stringify(factsOf(row))

/** The client as the create that keeps these facts has made it. */
export const toCreatedClient = (
  facts: string,
  owner: Pick<Stored, 'clientId' | 'team' | 'createdBy'>,
): WebSessionClient => toAnswer({ ...(JSON.parse(facts) as Facts), ...owner })

/** The same for its operation; undefined for one that has made no client. */
export const findCreatedClient = (operation: OperationRow): WebSessionClient | undefined => {
  const facts = operation.facts ?? toFormerFacts(operation)
  if (facts === null) return undefined
  const { client_id: clientId, team, requested_by: createdBy } = operation
  return toCreatedClient(facts, { clientId, team, createdBy })
}

/** What a rotation keeps in its operation: the client as it was then, and until when a former secret works. */
type RotationFacts = Facts & { createdBy: string; previousSecretEndsAt: string | null }

export const toRotationFacts = (row: ClientRow, previousSecretEndsAt: string | null): string =>
  JSON.stringify({
    ...factsOf(row),
    ...{ createdBy: row.created_by, previousSecretEndsAt },
  } satisfies RotationFacts)

/** The client as the rotation that keeps these facts has left it. */
export const toRotatedClient = (
  facts: string,
  owner: Pick<Stored, 'clientId' | 'team'>,
): { client: WebSessionClient; previousSecretEndsAt: string | null } => {
  const { previousSecretEndsAt, ...client } = JSON.parse(facts) as RotationFacts
  return { client: toAnswer({ ...client, ...owner }), previousSecretEndsAt }
}

/** The same for a delivery, which says as well what became of it in PingAccess. */
type DeliveryFacts = RotationFacts & {
  /** Whether the web session was made. */
  isNew: boolean
  /** Why PingAccess has not got the secret; null where it has. */
  failure: DeliveryFailure | null
}

/** What PingAccess did not take, and why. */
export type DeliveryFailure = {
  detail: string
  violations?: Violation[]
  retryAfter?: string
  /** Whether a web session has the secret all the same, or nobody knows. */
  mayHave?: boolean
}

export const toDeliveryFacts = (
  row: ClientRow,
  others: Pick<DeliveryFacts, 'previousSecretEndsAt' | 'isNew' | 'failure'>,
): string => JSON.stringify({ ...factsOf(row), createdBy: row.created_by, ...others } satisfies DeliveryFacts)

/** What became of the delivery that keeps these facts. */
export const readDeliveryFacts = (
  facts: string,
): Pick<DeliveryFacts, 'previousSecretEndsAt' | 'isNew' | 'failure'> => JSON.parse(facts) as DeliveryFacts

/** The client as the delivery that keeps these facts has left it. */
export const toDeliveredClient = (
  facts: string,
  owner: Pick<Stored, 'clientId' | 'team'>,
): WebSessionClient => {
  const { previousSecretEndsAt, isNew, failure, ...client } = JSON.parse(facts) as DeliveryFacts
  return toAnswer({ ...client, ...owner })
}

/** What an update keeps in its operation once it is done: the client as it has left it. */
type UpdateFacts = Facts & { createdBy: string; team: string; version: number }

export const toUpdateFacts = (row: ClientRow): string =>
  JSON.stringify({
    ...factsOf(row),
    ...{ createdBy: row.created_by, team: row.team, version: row.version },
  } satisfies UpdateFacts)

/** The client as the update that keeps these facts has left it, and its entity tag. */
export const toUpdatedClient = (
  facts: string,
  clientId: string,
): { client: WebSessionClient; entityTag: string } => {
  const { version, ...client } = JSON.parse(facts) as UpdateFacts
  return {
    client: toAnswer({ ...client, clientId }),
    entityTag: toEntityTag({ version, created_at: client.createdAt }),
  }
}

const toFormerFacts = ({ answer }: Pick<OperationRow, 'answer'>): string | null => {
  if (answer === null) return null
  const { name, status, createdAt, updatedAt, ...settings } = JSON.parse(answer) as FormerAnswer
  return JSON.stringify({ name, replication: status, createdAt, updatedAt, settings } satisfies Facts)
}

/** Row to the same, for a client that no operation has changed. */
export const toUnchanged = (row: ClientRow): { client: WebSessionClient; entityTag: string } => ({
  client: toWebSessionClient(row),
  entityTag: toEntityTag(row),
})

/**
 * Entity tag for `If-Match`: changes with every change of the settings, and is another one for a client that was made
 * under the id of a former one.
 */
export const toEntityTag = ({
  version,
  created_at: createdAt,
}: Pick<ClientRow, 'version' | 'created_at'>): string => `"${version}-${Date.parse(createdAt).toString(36)}"`
