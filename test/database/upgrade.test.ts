import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import type { Store } from '../../src/database/store.ts'
import { createSandbox } from '../../src/sandbox/sandbox.ts'
import { callAdminApi, paWam } from '../sandbox/call-admin-api.ts'
import { redeem } from '../secret-retrievals/retrievals.ts'
import { audience, environment, startTestService, type TestService } from '../service.ts'
import { shareSigningKey } from '../signing-key.ts'
import { createOnceSettled, createUnderKey, fullest, smallest } from '../web-session-clients/requests.ts'
import { openBefore } from './open-before.ts'
import { usePostgresServer } from './postgres-server.ts'
import { openPostgresStore, openSqliteStoreAt } from './stores.ts'

const server = usePostgresServer()

type Rows = Record<string, Record<string, string | number | null>[]>

/** Every row of a database that version 0.5.0 has written, in the year 2090 so that nothing of it is over. */
const stored = readFileSync(new URL('version-0.5.0/rows.json', import.meta.url), 'utf8')
const rows: Rows = JSON.parse(stored)

/** What the service that wrote them was configured with, and the keys that its caller sent. */
const secretKey = Buffer.alloc(32, 5).toString('base64url')
const keyOf = (clientId: string): string => `version-0.5.0-${clientId}`
const secretDigest = '09cc87a9acf06fac15bd21e87657c002783d1a38ac5db128165597ce1f82ce9e'

/** Every field that version 0.5.0 had. */
const { clientId: _clientId, callbackUnder: _callbackUnder, ...full } = fullest

const engines: Record<string, (t: TestContext) => Promise<{ url: string; open: () => Promise<Store> }>> = {
  SQLite: async t => {
    const folder = await mkdtemp(join(tmpdir(), 'upgrade-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const path = join(folder, 'data.db')
    return { url: `sqlite:${path}`, open: () => openSqliteStoreAt(t, path) }
  },
  PostgreSQL: async t => {
    const url = await server.createDatabase(t)
    return { url, open: () => openPostgresStore(t, url) }
  },
}

/** A service of this version on the stored database, and a PingFederate that has the client of one open operation. */
const startUpgraded = async (
  t: TestContext,
  engine: string,
  change = (text: string): string => text,
): Promise<TestService> => {
  const { url, open } = await (engines[engine] as (typeof engines)[string])(t)
  const store = await openBefore(open, '0003')
  for (const [table, values] of Object.entries(JSON.parse(change(stored)) as Rows))
    await store.db
      .insertInto(table as never)
      .values(values as never)
      .execute()
  await store.close()
  const sandbox = await createSandbox({ audience, signingKey: await shareSigningKey() })
  t.after(() => sandbox.close())
  const operation = operationOf('open-done')
  const client = {
    ...paWam,
    clientId: 'open-done',
    description: `Web session client of payments ${operation}`,
  }
  assert.equal((await callAdminApi(sandbox, 'POST', '/oauth/clients', client)).status, 201)
  const env = { ...environment(sandbox, ''), DATABASE_URL: url, SECRET_KEY: secretKey }
  return startTestService(t, { after: { sandbox, databasePath: '', env } as unknown as TestService })
}

const operationOf = (clientId: string): string => {
  const operation = rows['operation']?.find(row => row['client_id'] === clientId)
  return `[web-session-clients ${operation?.['operation_id']}]`
}

const repeat = (service: TestService, clientId: string) =>
  createOnceSettled(service, keyOf(clientId), {
    body: { ...smallest, ...(clientId === 'redeemed' && full), clientId },
  })

const isOutstanding = (row: Record<string, unknown>): boolean => row['client_id'] === 'outstanding'

const checkReading = (engine: string): void => {
  test('85: 200: its clients are read and listed, each with the state of its retrieval', async t => {
    const service = await startUpgraded(t, engine)
    const states = []
    for (const clientId of ['outstanding', 'redeemed', 'revoked']) {
      const { status, body } = await service.call('GET', `/web-session-clients/${clientId}`)
      states.push([status, body.clientId, body.retrieval.state])
    }
    assert.deepEqual(states, [
      [200, 'outstanding', 'outstanding'],
      [200, 'redeemed', 'redeemed'],
      [200, 'revoked', 'revoked'],
    ])
    const { body } = await service.call('GET', '/web-session-clients')
    const { retrieval: _retrieval, scopes, ...settings } = full
    const listed = body.items.find((item: { clientId: string }) => item.clientId === 'redeemed')
    assert.deepEqual({ ...listed, ...settings }, listed)
    assert.deepEqual(listed.scopes, ['openid', ...scopes])
  })

  test('85: 200, 201: its callbacks stay below the context root, whatever is the default by now', async t => {
    const service = await startUpgraded(t, engine)
    const read = await service.call('GET', '/web-session-clients/redeemed')
    const listed = await service.call('GET', '/web-session-clients')
    const repeated = await repeat(service, 'redeemed')
    const item = listed.body.items.find(({ clientId }: { clientId: string }) => clientId === 'redeemed')
    for (const client of [read.body, item, repeated.body]) {
      assert.equal(client.callbackUnder, 'contextRoot')
      assert.deepEqual(client.redirectUris, [
        'https://pay.example.com/pa/oidc/cb',
        'https://pay.example.com:8443/shop/pa/oidc/cb',
      ])
    }
  })

  test('85: 200, 201: a setting that it did not know yet is answered by its default', async t => {
    const service = await startUpgraded(t, engine, stored =>
      stored.replace(/,\\?"accessTokenManager\\?":(null|\\?"jwt\\?")/g, ''),
    )
    const read = await service.call('GET', '/web-session-clients/redeemed')
    assert.deepEqual([read.status, read.body.accessTokenManager, read.body.logout], [200, null, 'pingaccess'])
    const listed = await service.call('GET', '/web-session-clients')
    assert.ok(listed.body.items.length >= 3)
    const repeated = await repeat(service, 'redeemed')
    assert.deepEqual([repeated.status, repeated.body.accessTokenManager], [201, null])
  })

  test('85: 200: its audit events are listed', async t => {
    const service = await startUpgraded(t, engine)
    const { status, body } = await service.call('GET', '/audit-events?clientId=redeemed', { as: 'auditor' })
    assert.equal(status, 200)
    assert.deepEqual(
      body.items.map(({ action, outcome }: Record<string, string>) => `${action} ${outcome}`).toSorted(),
      ['client.create done', 'client.create intended', 'secret.redeem done'],
    )
  })
}

const checkRepeating = (engine: string): void => {
  test('85: 201 with the same answer and a working token for a repetition; 200 when it is redeemed, 410 again', async t => {
    const service = await startUpgraded(t, engine)
    const repeated = await repeat(service, 'outstanding')
    assert.deepEqual([repeated.status, repeated.body.retrieval.state], [201, 'outstanding'])
    assert.equal(repeated.body.createdAt, rows['client']?.find(isOutstanding)?.['created_at'])
    const redeemed = await redeem(service, repeated.body.retrieval.token)
    assert.equal(redeemed.status, 200)
    const digest = createHash('sha256').update(redeemed.body.clientSecret).digest('hex')
    assert.equal(digest, secretDigest)
    assert.equal((await redeem(service, repeated.body.retrieval.token)).status, 410)
    const again = await repeat(service, 'redeemed')
    assert.deepEqual([again.status, again.body.retrieval.token, again.body.logout], [201, null, 'pingaccess'])
  })

  test('85: 422 for a repetition that was refused, 422 for another body under its key', async t => {
    const service = await startUpgraded(t, engine)
    const refused = await repeat(service, 'refused')
    assert.deepEqual([refused.status, refused.body.code], [422, 'refused_by_pingfederate'])
    const other = await createUnderKey(service, keyOf('outstanding'), { body: { ...smallest, name: 'x' } })
    assert.deepEqual([other.status, other.body.code], [422, 'idempotency_key_reused'])
  })

  test('85: 201 for both operations it left open: the one by its client, the other by a new one', async t => {
    const service = await startUpgraded(t, engine)
    for (const clientId of ['open-done', 'open-failed']) {
      const { status, body } = await repeat(service, clientId)
      assert.deepEqual([status, body.clientId], [201, clientId])
      assert.equal((await redeem(service, body.retrieval.token)).status, 200)
    }
  })
}

for (const engine of Object.keys(engines)) {
  describe(`a database of version 0.5.0 on ${engine}`, () => {
    checkReading(engine)
    checkRepeating(engine)
  })
}
