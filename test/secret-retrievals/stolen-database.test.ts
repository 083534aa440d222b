import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { deriveTokenBytes } from '../../src/journal/idempotency.ts'
import { Secret } from '../../src/secret.ts'
import { open } from '../../src/secret-retrievals/seal.ts'
import { createToken, toIssueTime, toRetrievalId } from '../../src/secret-retrievals/token.ts'
import { startTestService, type TestService } from '../service.ts'
import { createKey, createUnderKey, smallest } from '../web-session-clients/requests.ts'
import { readRows, redeem } from './retrievals.ts'

const tables = ['client', 'operation', 'idempotency', 'retrieval', 'audit_event']

type Row = Record<string, unknown>

/** What a thief of database and server key has. */
const steal = ({ databasePath, env }: TestService) => ({
  rows: tables.flatMap(table => readRows(databasePath, `select * from ${table}`)),
  retrievals: readRows(databasePath, 'select * from retrieval'),
  serverKey: createSecretKey(env['SECRET_KEY'] ?? '', 'base64url'),
})

type Loot = ReturnType<typeof steal>

const contextOf = (row: Row) => ({
  retrievalId: String(row['retrieval_id']),
  clientId: String(row['client_id']),
  expiresAt: String(row['expires_at']),
})

/** Every text in the database, and the parts of those made of parts. */
const textsOf = (rows: readonly Row[]): string[] => {
  const texts = rows.flatMap(row => Object.values(row)).filter(value => typeof value === 'string')
  return [...new Set(texts.flatMap(text => [text, ...text.split(/[^A-Za-z0-9_]/)]))]
}

/** Every token that can be made with the service's own code from what was stolen, taking each text for token, random part and idempotency key. */
const toCandidates = ({ rows, serverKey }: Loot, row: Row): string[] => {
  const issuedAt = toIssueTime(String(row['retrieval_id']))
  const operationIds = rows.flatMap(each => each['operation_id'] ?? []).map(String)
  return textsOf(rows).flatMap(text => [
    text,
    createToken(issuedAt, Buffer.from(text.padEnd(43, 'A').slice(0, 43), 'base64url')),
    ...[...new Set(operationIds)].map(id =>
      createToken(issuedAt, deriveTokenBytes(serverKey, new Secret(text), id)),
    ),
  ])
}

const startWithRetrievals = async (t: TestContext) => {
  const service = await startTestService(t)
  const withKey = await createUnderKey(service, createKey())
  const body = { ...smallest, clientId: 'other' }
  const without = await service.call('POST', '/web-session-clients', { body })
  return { service, tokens: [withKey, without].map(({ body: created }) => String(created.retrieval.token)) }
}

test('a stolen database plus the server key opens nothing: offline no text in it leads to a token', async t => {
  const { service, tokens } = await startWithRetrievals(t)
  const loot = steal(service)
  assert.equal(loot.retrievals.length, 2)
  for (const row of loot.retrievals) {
    const openWith = (token: string) => open(String(row['sealed']), token, [loot.serverKey], contextOf(row))
    const candidates = toCandidates(loot, row)
    assert.ok(candidates.length > 100)
    for (const candidate of candidates) {
      assert.notEqual(toRetrievalId(candidate), row['retrieval_id'])
      assert.throws(() => openWith(candidate))
    }
    const token = tokens.find(each => toRetrievalId(each) === row['retrieval_id'])
    assert.match(openWith(String(token)), /^[A-Za-z0-9_-]{64}$/, 'it is the token that was missing')
  }
})

test('a stolen database plus the server key opens nothing: a service started with both hands nothing out', async t => {
  const { service, tokens } = await startWithRetrievals(t)
  await service.stop()
  const thief = await startTestService(t, { after: service })
  const loot = steal(thief)
  for (const row of loot.retrievals) {
    const { retrievalId, clientId } = contextOf(row)
    const guesses = [retrievalId, createToken(toIssueTime(retrievalId), Buffer.alloc(32))]
    for (const guess of guesses) assert.ok([404, 422].includes((await redeem(thief, guess)).status))
    const again = await createUnderKey(thief, createKey(), { body: { ...smallest, clientId } })
    assert.deepEqual([again.status, again.body.retrieval], [409, undefined])
    const { body } = await thief.call('GET', `/web-session-clients/${clientId}`)
    assert.deepEqual([body.retrieval.state, body.retrieval.token], ['outstanding', undefined])
  }
  for (const token of tokens) assert.equal((await redeem(thief, token)).status, 200)
})

test('a row under another id, client or expiry does not open, so that nobody with write access can pass one on', async t => {
  const { service, tokens } = await startWithRetrievals(t)
  const loot = steal(service)
  const [first, second] = loot.retrievals.map(contextOf)
  assert.ok(first && second)
  const sealed = String(loot.retrievals[0]?.['sealed'])
  const token = String(tokens.find(each => toRetrievalId(each) === first.retrievalId))
  const later = new Date(Date.parse(first.expiresAt) + 1).toISOString()
  const moved = [
    { ...first, retrievalId: second.retrievalId },
    { ...first, clientId: second.clientId },
    { ...first, expiresAt: later },
  ]
  for (const context of moved) assert.throws(() => open(sealed, token, [loot.serverKey], context))
})
