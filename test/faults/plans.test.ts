import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import pg from 'pg'
import { execute } from '../database/execute.ts'
import { useOwnPostgresServer } from '../database/postgres-server.ts'
import { readMetrics, sumOf } from '../metrics/exposition.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { rotate } from '../web-session-clients/rotations.ts'

/** The oldest version that is supported, from Debian, and the newest, from the devDependencies. */
const versions = { 15: '/usr/lib/postgresql/15', newest: undefined } as const

const ids = Array.from({ length: 12 }, (_, index) => `client-${index}`)

/** Few, which the planner would rather read as a whole, and many. */
const sizes = [1_000, 50_000]

/** Rows that the planner knows nothing of: its statistics are those of empty tables. */
const fill = (database: string, rows: number): Promise<unknown> =>
  execute(
    database,
    `analyze;
    alter table client set (autovacuum_enabled = false);
    alter table operation set (autovacuum_enabled = false);
    alter table retrieval set (autovacuum_enabled = false);
    alter table audit_event set (autovacuum_enabled = false);
    alter table idempotency set (autovacuum_enabled = false);
    insert into retrieval (retrieval_id, client_id, team, redeemable_by, state, sealed, created_at, created_by, expires_at)
      select 'r' || i, 'c' || i, 'payments', 'team', 'outstanding', 'x', database_time(), 'ana', database_time(3600000 + i)
      from generate_series(1, ${rows}) as i;
    insert into operation (operation_id, kind, client_id, team, state, retrieval_id, request_id, requested_by, created_at, lease_until)
      select 'o' || i, 'create', 'c' || i, 'payments', 'intended', 'r' || i, 'request', 'ana', database_time(), database_time(3600000)
      from generate_series(1, ${rows}) as i;
    insert into idempotency (idempotency_id, request_digest, operation_id, created_at, expires_at)
      select 'k' || i, 'x', 'o' || i, database_time(), database_time(3600000)
      from generate_series(1, ${rows}) as i;
    insert into client (client_id, team, name, search_text, state, replication, settings, operation_id, retrieval_id, created_at, created_by, updated_at)
      select 'c' || i, 'payments', 'c', 'c', 'active', 'ready', '{}', 'o' || i, 'r' || i, database_time(), 'ana', database_time()
      from generate_series(1, ${rows}) as i`,
  )

/** Each statement for many runs that is sent from now on, with what was sent. */
const record = (t: TestContext): Map<string, unknown[]> => {
  const sent = new Map<string, unknown[]>()
  const query = pg.Client.prototype.query as (...asked: unknown[]) => Promise<unknown>
  t.mock.method(
    pg.Client.prototype,
    'query',
    function (this: pg.Client, ...asked: [{ text?: string; values?: unknown[] }]) {
      const [{ text, values }] = asked
      if (text?.startsWith('with "run"') && values) sent.set(text, values)
      return query.apply(this, asked)
    },
  )
  return sent
}

/** Creates, redeems, rotates and changes many at once. */
const useAtOnce = async (service: TestService): Promise<void> => {
  const created = await Promise.all(
    ids.map(clientId => createUnderKey(service, createKey(), { body: { ...smallest, clientId } })),
  )
  assert.ok(created.every(({ status }) => status === 201))
  const redeemed = await Promise.all(created.map(({ body }) => redeem(service, body.retrieval.token)))
  assert.ok(redeemed.every(({ status }) => status === 200))
  const rotated = await Promise.all(
    ids.map(id => rotate(service, { path: `/web-session-clients/${id}/secret-rotations` })),
  )
  assert.ok(rotated.every(({ status }) => status === 201))
  const change = { headers: { 'if-match': '*' }, body: { description: 'changed', enabled: false } }
  const updated = await Promise.all(
    ids.map(id => service.call('PATCH', `/web-session-clients/${id}`, change)),
  )
  assert.ok(updated.every(({ status }) => status === 200))
}

type Plan = { 'Node Type': string; 'Relation Name'?: string; 'Index Name'?: string; Plans?: Plan[] }

const toSteps = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(toSteps)]

/** How the server would carry it out, whatever the values are. */
const explain = async (beside: pg.Client, text: string, values: unknown[]): Promise<Plan[]> => {
  await beside.query(`prepare asked as ${text}`)
  const literals = values.map(value => (value === null ? 'null' : beside.escapeLiteral(String(value))))
  const { rows: plans } = await beside.query(`explain (format json) execute asked(${literals.join(', ')})`)
  await beside.query('deallocate asked')
  return toSteps(plans[0]['QUERY PLAN'][0].Plan)
}

/** Whether a step reads a table. */
const isRead = (step: Plan): boolean =>
  step['Relation Name'] !== undefined && step['Node Type'].endsWith('Scan')

const isByKey = (step: Plan): boolean =>
  /^Index /.test(step['Node Type']) && /_pkey$/.test(step['Index Name'] ?? '')

const checkPlans = async (t: TestContext, database: string, rows: number): Promise<void> => {
  const service = await startTestService(t, { database })
  await createRetrieval(service, { clientId: 'first' })
  await fill(database, rows)
  const sent = record(t)
  await useAtOnce(service)
  const undone = 'web_session_clients_database_batches_undone_total'
  assert.equal(sumOf(await readMetrics(service), undone, { reason: 'statement' }), 0)
  const statements = [...sent]
  assert.ok(statements.length >= 8, `${statements.length}`)
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  await beside.query('set plan_cache_mode = force_generic_plan')
  for (const [text, values] of statements) {
    const reads = (await explain(beside, text, values)).filter(isRead)
    assert.deepEqual(
      reads.filter(step => !isByKey(step)),
      [],
      text,
    )
  }
}

for (const [version, programs] of Object.entries(versions)) {
  const toTitle = (rows: number) =>
    `on PostgreSQL ${version} no statement for many runs reads more than their own rows of ${rows}`
  if (programs && !existsSync(programs))
    for (const rows of sizes) test(toTitle(rows), { skip: `${programs} is not there` })
  else
    describe(`PostgreSQL ${version}`, () => {
      const server = useOwnPostgresServer({ settings: ['fsync=off'], ...(programs && { programs }) })
      for (const rows of sizes)
        test(toTitle(rows), async t => checkPlans(t, await server.createDatabase(), rows))
    })
}
