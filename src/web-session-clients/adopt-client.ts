import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { databaseTime } from '../database/database-time.ts'
import type { ClientRow } from '../database/schema.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { findValue } from '../pingfederate/json.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import { toColumns } from './update-rows.ts'

type ToAdopt = { client: NewClient; found: ClientInPingFederate; actor: Actor; id: string }

/**
 * Records a client as PingFederate has it. Its secret counts as handed out, because somebody uses it: a rotation leaves it
 * alive for the overlap. Undefined where its id is taken by now.
 */
export const adoptClient = (
  { write }: Pick<AuditedStore, 'write'>,
  { client, found, actor, id }: ToAdopt,
): Promise<ClientRow | undefined> =>
  write(async (trx, record) => {
    const { subject, clientId: oauthClientId = '' } = actor.principal
    const { clientId, team } = client
    const [row] = await trx
      .insertInto('client')
      .values({
        ...toColumns(client),
        ...{ client_id: clientId, state: 'active', replication: 'ready', saved_at: found.savedAt },
        ...{ operation_id: findMaker(found) ?? '', retrieval_id: id },
        ...{ created_at: databaseTime, created_by: subject },
        disabled_at: client.settings.enabled ? null : databaseTime,
      })
      .onConflict(conflict => conflict.doNothing())
      .returningAll()
      .execute()
    if (!row) return undefined
    await trx
      .insertInto('retrieval')
      .values({
        ...{ retrieval_id: id, client_id: clientId, team, redeemable_by: 'team', state: 'redeemed' },
        ...{ sealed: null, created_by: subject, created_by_client_id: oauthClientId },
        ...{ created_at: toSecretTime(found) ?? databaseTime, expires_at: databaseTime },
        ...{ redeemed_at: null, redeemed_by: null },
      })
      .execute()
    await record(actor, { action: 'client.adopt', outcome: 'done', team, client_id: clientId })
    return row
  })

/** When its secret was made, where PingFederate says so. */
const toSecretTime = ({ raw }: ClientInPingFederate): string | undefined => {
  const time = Date.parse(String(findValue(raw.reveal(), 'clientSecretChangedTime')))
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}
