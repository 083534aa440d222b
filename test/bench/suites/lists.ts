import { sql } from 'kysely'
import { openSqlite } from '../../../src/database/sqlite.ts'
import { team } from '../ground.ts'
import { type Case, compare, runRounds, type Suite, toTable } from '../suite.ts'

/** Fills a database as so many creates would have. */
const prepareClients = async (path: string, count: number): Promise<void> => {
  const store = await openSqlite({ path, now: Date.now })
  const settings = JSON.stringify({
    description: null,
    pingAccessUrls: ['https://mypingaccessserver:3000'],
    redirectUris: ['https://mypingaccessserver:3000/pa/oidc/cb'],
    grantTypes: ['authorization_code'],
    bypassAuthorizationApproval: true,
    scopes: null,
    requirePkce: false,
    logout: 'none',
    refreshTokens: false,
    oidcPolicy: null,
    accessTokenManager: null,
  })
  await store.write(
    trx =>
      sql`
        with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})
        insert into client (client_id, team, name, search_text, state, replication, settings, operation_id,
          retrieval_id, saved_at, created_at, created_by, updated_at)
        select printf('client_%06d', i), ${team}, printf('Client %d', i), printf('client_%06d client %d', i, i),
          'active', 'ready', ${settings}, printf('operation_%06d', i), printf('retrieval_%06d', i), null,
          database_time(), 'bench', database_time() from n`.execute(trx),
    { durable: false },
  )
  await store.close()
}

const queries = {
  'page in the middle': `cursor=${Buffer.from('client_000500').toString('base64url')}`,
  'search, many found': 'search=client_0005',
  'search, one found': 'search=client_000777',
}

/** Reading a page and searching among a hundred thousand clients of one team against among a thousand. */
export const lists: Suite = {
  name: 'lists',
  run: async (ground, options, say) => {
    const startWith = async (count: number) => {
      const path = ground.path(`${count}.db`)
      await prepareClients(path, count)
      return ground.start({ name: `${count}`, env: ground.envWith(`sqlite:${path}`) })
    }
    const few = await startWith(1_000)
    const many = await startWith(100_000)
    const cases = Object.entries(queries).flatMap(([name, query]): Case[] =>
      [few, many].map((server, index) => ({
        name: `${name}, ${index === 0 ? '1,000' : '100,000'}`,
        target: ground.targets.list(server, query),
        server,
        connections: 1,
      })),
    )
    const rounds = await runRounds(ground, cases, options)
    say(toTable(rounds))
    return Object.keys(queries).map(name => ({
      what: `list, ${name}: time, 100,000 ÷ 1,000 clients`,
      value: compare(rounds, of => of(`${name}, 100,000`, 'p50Ms') / of(`${name}, 1,000`, 'p50Ms')),
      goal: { atMost: 1.5 },
    }))
  },
}
