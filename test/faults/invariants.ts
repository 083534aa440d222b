import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import type { ServiceName } from '../../src/sandbox/callers.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { toRetrievalId } from '../../src/secret-retrievals/token.ts'
import { execute } from '../database/execute.ts'
import { putDatabaseAhead } from '../database/put-clock-ahead.ts'
import { openJournal } from '../journal/journal.ts'
import { findPlanted, type Place, type Planted } from '../secrets.ts'
import { type Answer, createCall, type TestService } from '../service.ts'

type Call = TestService['call']
type Said = { method: string; path: string; sent: unknown; answer: Answer }
type Surroundings = Pick<TestService, 'sandbox' | 'databasePath' | 'env'>

export type Observation = {
  /** Calls a service at that address; every answer is remembered. */
  createCall: (url: string) => Call
  /** Everything the service has written to its output. */
  logLines: string[]
  /** Ids of the clients in PingFederate that bear this service's marker. */
  madeClients: () => string[]
  /** Ends what faults are left, lets recovery run by a later clock, and holds I1 to I7. The service must be stopped. */
  check: () => Promise<void>
}

const markerPattern = /\[web-session-clients ([0-9a-f-]{36})\]$/

/** Watches an installation from all sides, for the invariants that hold whatever strikes. */
export const observe = (t: TestContext, surroundings: Surroundings): Observation => {
  const { sandbox } = surroundings
  const said: Said[] = []
  const logLines: string[] = []
  const planted: Planted[] = [
    { name: 'PingFederate password', value: sandbox.adminPassword },
    { name: 'server key', value: surroundings.env['SECRET_KEY'] ?? '' },
  ]
  sandbox.pingFederate.onExchange(({ requestBody }) => {
    const { clientAuth } = (requestBody ?? {}) as { clientAuth?: { secret?: string } }
    if (clientAuth?.secret) planted.push({ name: 'client secret', value: clientAuth.secret })
  })
  const tokenOf = createTokens(sandbox, planted)
  return {
    logLines,
    madeClients: () => markedClients(sandbox).map(({ clientId }) => clientId),
    createCall: url => {
      const call = createCall(sandbox, url)
      return async (method, path, options = {}) => {
        const token = options.token ?? (await tokenOf(options.as ?? 'payments-pipeline'))
        const key = options.headers?.['idempotency-key']
        if (key !== undefined) planted.push({ name: 'idempotency key', value: key })
        const answer = await call(method, path, { ...options, token })
        const issued = answer.body.retrieval?.token
        if (issued) planted.push({ name: 'retrieval token', value: issued })
        said.push({ method, path, sent: options.body, answer })
        return answer
      }
    },
    check: async () => {
      sandbox.pingFederate.faults.clear()
      await settle(t, surroundings)
      await checkDatabase(surroundings, said)
      checkDeliveries(said)
      await checkSilence(surroundings, said, logLines, planted)
    },
  }
}

const createTokens = (sandbox: Sandbox, planted: Planted[]) => {
  const tokens = new Map<ServiceName, Promise<string>>()
  return async (service: ServiceName): Promise<string> => {
    const known = tokens.get(service)
    if (known) return known
    const token = sandbox.accessToken({ service })
    tokens.set(service, token)
    planted.push({ name: 'access token', value: await token })
    return token
  }
}

const urlOf = ({ env }: Pick<Surroundings, 'env'>): string => env['DATABASE_URL'] ?? ''
const isSqlite = (databaseUrl: string): boolean => databaseUrl.startsWith('sqlite:')

/** Later than any lease and any hold, in milliseconds. */
const settledAheadMs = 1_800_000

/** I6: one round of recovery after the faults leaves nothing open. */
const settle = async (t: TestContext, surroundings: Surroundings): Promise<void> => {
  await putDatabaseAhead(urlOf(surroundings), settledAheadMs)
  const journal = await openJournal(t, surroundings, { aheadMs: settledAheadMs })
  await journal.recover()
  const states = await journal.states()
  assert.ok(!states.includes('intended'), 'I6: every operation reaches an end')
  await journal.store.close()
}

/** Only a create answers a PUT with 201. */
const isCreated = ({ method, path, answer }: Said): boolean =>
  (method === 'PUT' || (method === 'POST' && path === '/web-session-clients')) && answer.status === 201

const markedClients = ({ pingFederate }: Sandbox): { clientId: string; operationId: string }[] =>
  pingFederate.clients().flatMap(({ clientId, description }) => {
    const [, operationId] = markerPattern.exec(description ?? '') ?? []
    return operationId === undefined ? [] : [{ clientId, operationId }]
  })

/** I1, I2, I3, I7. */
const checkDatabase = async (surroundings: Surroundings, said: readonly Said[]): Promise<void> => {
  const databaseUrl = urlOf(surroundings)
  const read = async (query: string) =>
    (await execute(databaseUrl, query)).map(row => String(Object.values(row)[0]))
  // The files of a PostgreSQL server are its own affair: the processes that die are its clients.
  if (isSqlite(databaseUrl))
    assert.deepEqual(await read('select * from pragma_integrity_check'), ['ok'], 'I7')
  const marked = markedClients(surroundings.sandbox)
  const known = await read('select operation_id from operation')
  for (const { clientId, operationId } of marked) assert.ok(known.includes(operationId), `I1: ${clientId}`)
  const operations = marked.map(({ operationId }) => operationId)
  assert.equal(operations.length, new Set(operations).size, 'I3: an operation made one client')
  const twice = 'select operation_id from idempotency group by operation_id having count(*) > 1'
  assert.deepEqual(await read(twice), [], 'I3: a key is one operation')
  await checkDurable(read, said)
}

/** I2. */
const checkDurable = async (
  read: (query: string) => Promise<string[]>,
  said: readonly Said[],
): Promise<void> => {
  const whole = await read(`select client.client_id
    from client join retrieval using (retrieval_id) join operation using (operation_id)
    where client.state = 'active' and operation.state = 'done'`)
  const deleted = await read("select client_id from operation where kind = 'delete' and state = 'done'")
  for (const { answer } of said.filter(isCreated))
    if (!deleted.includes(answer.body.clientId))
      assert.ok(whole.includes(answer.body.clientId), `I2: ${answer.body.clientId} is durable`)
  const retrievals = await read('select retrieval_id from retrieval')
  for (const { answer } of said) {
    const token = answer.body?.retrieval?.token
    if (token) assert.ok(retrievals.includes(toRetrievalId(token)), 'I2: a token is durable')
  }
}

/** I4: each token and each secret went out once. */
const checkDeliveries = (said: readonly Said[]): void => {
  const delivered = said.filter(({ path, answer }) => path === '/secret-retrievals' && answer.status === 200)
  const tokens = delivered.map(({ sent }) => (sent as { token: string }).token)
  const secrets = delivered.map(({ answer }) => answer.body.clientSecret)
  for (const each of [tokens, secrets]) assert.equal(each.length, new Set(each).size, 'I4: delivered once')
}

/** I5: nothing secret in the log, the database or an error. */
const checkSilence = async (
  surroundings: Surroundings,
  said: readonly Said[],
  logLines: readonly string[],
  planted: readonly Planted[],
): Promise<void> => {
  assert.deepEqual(findPlanted(planted, logLines.join('\n')), [], 'I5: log')
  for (const { name, content } of await readContents(surroundings))
    assert.deepEqual(findPlanted(planted, content), [], `I5: ${name}`)
  const errors = said.filter(({ answer }) => answer.status >= 400).map(({ answer }) => answer.body)
  assert.deepEqual(findPlanted(planted, JSON.stringify(errors)), [], 'I5: errors')
}

/** The files of an SQLite database, or every row of a PostgreSQL one. */
const readContents = async ({ databasePath, env }: Surroundings): Promise<Place[]> => {
  const databaseUrl = urlOf({ env })
  if (!isSqlite(databaseUrl)) return readTables(databaseUrl)
  const folder = dirname(databasePath)
  return readdirSync(folder)
    .filter(name => name.startsWith(basename(databasePath)) && existsSync(join(folder, name)))
    .map(name => ({ name, content: readFileSync(join(folder, name)) }))
}

const readTables = async (databaseUrl: string): Promise<Place[]> => {
  const tables = await execute(
    databaseUrl,
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  )
  return Promise.all(
    tables.map(async ({ name }) => ({
      name: String(name),
      content: JSON.stringify(await execute(databaseUrl, `select * from "${name}"`)),
    })),
  )
}
