import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService } from '../service.ts'
import { usePostgresServer } from './postgres-server.ts'

const server = usePostgresServer()

/**
 * How many statements each transaction has from now on, and in how many round trips; those of the sweep left out, and
 * what is asked outside of a transaction, such as the clock, which may come on the same connection just before.
 */
const countStatements = (t: TestContext) => {
  const open = new Map<pg.Client, { texts: string[]; trips: number; pending: number }>()
  const ended: { texts: string[]; trips: number }[] = []
  const query = pg.Client.prototype.query as (config: unknown, ...others: unknown[]) => Promise<unknown>
  t.mock.method(pg.Client.prototype, 'query', function (this: pg.Client, config: { text: string }) {
    if (config.text.startsWith('begin')) open.set(this, { texts: [], trips: 0, pending: 0 })
    const transaction = open.get(this)
    if (!transaction) return query.call(this, config)
    transaction.texts.push(config.text)
    // What is sent while another statement is under way waits for nothing.
    transaction.trips += Number(transaction.pending === 0)
    transaction.pending += 1
    if (config.text === 'commit') ended.push(transaction)
    if (config.text === 'commit' || config.text === 'rollback') open.delete(this)
    return query.call(this, config).finally(() => {
      transaction.pending -= 1
    })
  })
  return () =>
    ended
      .splice(0)
      .filter(({ texts }) => !texts.some(text => text.startsWith('with "due"')))
      .map(({ texts, trips }) => [texts.length, trips])
}

test('a create takes six statements in four round trips before PingFederate and five after, a redemption five in four', async t => {
  const service = await startTestService(t, { database: await server.createDatabase(t) })
  await createRetrieval(service, { clientId: 'warm' })
  const take = countStatements(t)
  const token = await createRetrieval(service)
  assert.deepEqual(take(), [
    [6, 4],
    [5, 5],
  ])
  assert.equal((await redeem(service, token)).status, 200)
  assert.deepEqual(take(), [[5, 4]])
})
