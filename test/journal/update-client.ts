import { randomUUIDv7 } from 'node:crypto'
import { runChange } from '../../src/journal/run.ts'
import type { ClientSettings } from '../../src/pingfederate/client-settings.ts'
import { toNewClient } from '../../src/web-session-clients/client-row.ts'
import { getClient } from '../../src/web-session-clients/get.ts'
import { reapplyChange } from '../../src/web-session-clients/reapply-change.ts'
import { updateChange } from '../../src/web-session-clients/update-change.ts'
import type { OpenJournal } from './journal.ts'

type Options = { team?: string; operationId?: string; version?: number }
type Wanted = { name?: string; team?: string; settings?: Partial<ClientSettings> }

/** Whatever the request for a change brings that sets `pa_wam`, for a member of the team. */
const toRequest = ({ team = 'payments', operationId = randomUUIDv7() }: Options) => ({
  ...{ clientId: 'pa_wam', team, operationId, rule: null, refusal: undefined, retrievalId: null },
  idempotent: undefined,
  actor: {
    principal: {
      ...{ subject: 'updater', clientId: undefined, actingParties: [], teams: [team] },
      scopes: new Set<string>(),
    },
    ...{ requestId: 'request', address: null },
  },
})

/** Changes `pa_wam` as the route does, from what it is at this moment. */
export const updateClient = async (
  { journal, store }: Pick<OpenJournal, 'journal' | 'store'>,
  { settings, ...wanted }: Wanted,
  { version, ...options }: Options = {},
) => {
  const request = toRequest(options)
  const row = await getClient(store.db, request.actor.principal, request.clientId)
  const client = toNewClient(row)
  return runChange(journal, updateChange, {
    ...request,
    client: { ...client, ...wanted, settings: { ...client.settings, ...settings } },
    version: version ?? row.version,
    clientLimit: undefined,
  })
}

/** Sets `pa_wam` again as the route does where something differs. */
export const reapplyClient = ({ journal }: Pick<OpenJournal, 'journal'>, options: Options = {}) =>
  runChange(journal, reapplyChange, toRequest(options))
