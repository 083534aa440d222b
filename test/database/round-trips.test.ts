import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import { usePostgresServer } from './postgres-server.ts'

const server = usePostgresServer()

/** How many statements each transaction has from now on; those of the sweep left out. */
const countStatements = (t: TestContext) => {
  const open = new Map<pg.Client, string[]>()
  const ended: string[][] = []
  const query = pg.Client.prototype.query as (config: unknown, ...others: unknown[]) => unknown
  t.mock.method(pg.Client.prototype, 'query', function (this: pg.Client, config: { text: string }) {
    const statements = open.get(this) ?? []
    statements.push(config.text)
    open.set(this, statements)
    if (config.text === 'commit') {
      ended.push(statements)
      open.delete(this)
    }
    return query.call(this, config)
  })
  return () =>
    ended
      .splice(0)
      .filter(statements => !statements.some(text => text.startsWith('with "due"')))
      .map(({ length }) => length)
}

test('a create takes six statements before PingFederate and five after, a redemption five', async t => {
  const service = await startTestService(t, { database: await server.createDatabase(t) })
  await createRetrieval(service, { clientId: 'warm' })
  const take = countStatements(t)
  const token = await createRetrieval(service)
  assert.deepEqual(take(), [6, 5])
  assert.equal((await redeem(service, token)).status, 200)
  assert.deepEqual(take(), [5])
})
