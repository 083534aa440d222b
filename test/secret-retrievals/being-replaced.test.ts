import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { startTestService } from '../service.ts'
import { createRetrieval, lookUp, redeem } from './retrievals.ts'

const server = usePostgresServer()
const operation = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e11'
const engines: Record<string, (t: TestContext) => Promise<string | undefined>> = {
  SQLite: async () => undefined,
  PostgreSQL: t => server.createDatabase(t),
}

for (const [engine, createDatabase] of Object.entries(engines))
  test(`409 on ${engine} while a new secret replaces the one that the token stands for, and 200 if it did not`, async t => {
    const database = await createDatabase(t)
    const service = await startTestService(t, database === undefined ? {} : { database })
    const run = (query: string) => execute(service.env['DATABASE_URL'] ?? '', query)
    const token = await createRetrieval(service)
    await run(`update retrieval set replaced_by = '${operation}'`)
    const { status, body, headers } = await redeem(service, token)
    assert.deepEqual([status, body.code], [409, 'operation_in_progress'])
    assert.deepEqual([body.operation, headers.get('retry-after')], [`/operations/${operation}`, '10'])
    assert.equal((await redeem(service, token, { as: 'shop-pipeline' })).status, 404)
    assert.equal((await lookUp(service, token)).body.state, 'outstanding')
    const events = await run("select outcome, reason from audit_event where client_id = 'pa_wam' order by 1")
    assert.ok(events.some(each => each['reason'] === 'operation_in_progress'))
    await run('update retrieval set replaced_by = null')
    assert.equal((await redeem(service, token)).status, 200)
  })
