import { sql } from 'kysely'
import { pingAccessDefaults } from '../../src/web-session-clients/defaults.ts'
import { fill } from './fill.ts'
import { team } from './targets.ts'

const settings = JSON.stringify({
  ...pingAccessDefaults,
  pingAccessUrls: ['https://mypingaccessserver:3000'],
  redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
})

/** Puts clients into a database, as so many creates would have; PingFederate does not know them. */
export const prepareClients = (env: Record<string, string>, count: number): Promise<unknown> =>
  fill(env, store =>
    store.write(
      trx =>
        sql`
          with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(count)}),
            c(i, digits) as (select i, substr(cast(1000000 + i as text), 2) from n)
          insert into client (client_id, team, name, search_text, state, replication, settings, operation_id,
            retrieval_id, saved_at, created_at, created_by, updated_at)
          select 'client_' || digits, ${team}, 'Client ' || i, 'client_' || digits || ' client ' || i, 'active',
            'ready', ${settings}, 'operation_' || digits, 'retrieval_' || digits, null, database_time(), 'bench',
            database_time()
          from c`.execute(trx),
      { durable: false },
    ),
  )
