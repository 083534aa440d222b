import type { ClientRow, OperationRow } from '../database/schema.ts'
import type { ClientSettings } from '../pingfederate/client-settings.ts'
import { pingAccessDefaults } from './defaults.ts'
import type { WebSessionClient } from './schema.ts'

/** What a create has set, apart from what its operation says of itself. */
type Facts = Pick<ClientRow, 'name' | 'replication'> & {
  settings: Partial<ClientSettings>
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

/** Settings as a version of this service stored them; the defaults stand for those it did not know. */
const parseSettings = (text: string): ClientSettings =>
  completeSettings(JSON.parse(text) as Partial<ClientSettings>)

const completeSettings = (stored: Partial<ClientSettings>): ClientSettings => {
  const known = Object.keys(pingAccessDefaults).filter(name => name in stored)
  return {
    ...pingAccessDefaults,
    ...Object.fromEntries(known.map(name => [name, stored[name as keyof ClientSettings]])),
  }
}

/** Row to wire. */
export const toWebSessionClient = (row: ClientRow): WebSessionClient => ({
  clientId: row.client_id,
  name: row.name,
  team: row.team,
  ...parseSettings(row.settings),
  status: row.replication,
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
})

/** What a create keeps in its operation, because the client can change and a repetition is answered as the first time. */
export const toFacts = (row: ClientRow): string => {
  const { name, replication, created_at: createdAt, updated_at: updatedAt } = row
  const facts: Facts = { name, settings: parseSettings(row.settings), replication, createdAt, updatedAt }
  return JSON.stringify(facts)
}

/** The client as a create has made it; undefined for an operation that has made none. */
export const findCreatedClient = (operation: OperationRow): WebSessionClient | undefined => {
  const facts = readFacts(operation)
  if (!facts) return undefined
  return {
    clientId: operation.client_id,
    name: facts.name,
    team: operation.team,
    ...completeSettings(facts.settings),
    status: facts.replication,
    createdAt: facts.createdAt,
    createdBy: operation.requested_by,
    updatedAt: facts.updatedAt,
  }
}

const readFacts = ({ facts, answer }: OperationRow): Facts | undefined => {
  if (facts !== null) return JSON.parse(facts) as Facts
  if (answer === null) return undefined
  const { name, status, createdAt, updatedAt, ...settings } = JSON.parse(answer) as FormerAnswer
  return { name, replication: status, createdAt, updatedAt, settings }
}

/** Entity tag for `If-Match`: changes with every change of the settings. */
export const toEntityTag = (row: Pick<ClientRow, 'version'>): string => `"${row.version}"`
