import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { usePostgresServer } from '../database/postgres-server.ts'
import { untilWaiting } from '../database/until-waiting.ts'
import { startReplica, startTestService } from '../service.ts'
import { createRetrieval, redeem } from './retrievals.ts'

const server = usePostgresServer()

/** A secret whose row somebody else holds, so that every redemption has looked at it before any can claim it. */
const holdRetrieval = async (t: TestContext) => {
  const database = await server.createDatabase(t)
  const service = await startTestService(t, { database })
  const token = await createRetrieval(service)
  const beside = new pg.Client(database)
  await beside.connect()
  t.after(() => beside.end())
  await beside.query('begin; select * from retrieval for update')
  return { service, token, beside }
}

test('200 and 410 for two that redeem one token at the same moment at two replicas', async t => {
  const { service, token, beside } = await holdRetrieval(t)
  const other = await startReplica(t, service)
  const redeeming = [redeem(service, token), redeem(other, token)]
  await untilWaiting(beside, 2, Promise.all(redeeming))
  await beside.query('rollback')
  const answers = await Promise.all(redeeming)
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 410])
  const loser = answers.find(({ status }) => status === 410)
  assert.equal(loser?.body.code, 'retrieval_redeemed')
  assert.match(loser?.body.detail, /redeemed by payments-pipeline at/)
})

test('410 when the secret expires between the look at it and the claim', async t => {
  const { service, token, beside } = await holdRetrieval(t)
  const redeeming = redeem(service, token)
  await untilWaiting(beside, 1, redeeming)
  await beside.query(`update retrieval set expires_at = '2026-01-01T00:00:00.000Z'; commit`)
  const { status, body } = await redeeming
  assert.deepEqual([status, body.code], [410, 'retrieval_expired'])
})

test('200 once and 410 for the others of many that redeem one token at the same moment', async t => {
  const service = await startTestService(t, { database: await server.createDatabase(t) })
  const tokens = [await createRetrieval(service), await createRetrieval(service, { clientId: 'another' })]
  const answers = await Promise.all(
    tokens.flatMap(token => Array.from({ length: 20 }, () => redeem(service, token))),
  )
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 200, ...Array(38).fill(410)])
  const secrets = answers.filter(({ status }) => status === 200).map(({ body }) => body.clientSecret)
  assert.equal(new Set(secrets).size, 2)
})
