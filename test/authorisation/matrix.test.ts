import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { createToken } from '../../src/secret-retrievals/token.ts'
import { createKey, sign, startIssuer } from '../authentication/issuer.ts'
import { listOperations } from '../openapi/document.ts'
import { type Answer, audience, startTestService, type TestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { adminScopes, type Caller, callers, type Row, rows, type Target } from './rows.ts'

type Operation = { name: string; method: string; id: string; scope: string | undefined }

/** Every operation of the API document as the running service gives it. */
const readOperations = async ({ call }: TestService): Promise<Operation[]> => {
  const { body } = await call('GET', '/openapi.json', { as: null })
  return listOperations(body).map(({ name, operation }) => ({
    name,
    method: String(name.split(' ')[0]),
    id: operation['operationId'],
    scope: operation['security'][0]?.oauth2[0],
  }))
}

/** The service, and tokens of an issuer that grants whatever a caller is to have. */
const startMatrix = async (t: TestContext) => {
  const key = await createKey('first')
  const stranger = await createKey('first')
  const issuer = await startIssuer(t, [key])
  const service = await startTestService(t, { env: { JWT_ISSUER: issuer.url } })
  const operations = await readOperations(service)
  const needed = new Set(operations.flatMap(({ scope }) => scope ?? []))
  const scopes = [...needed].filter(scope => !adminScopes.includes(scope))
  const without = (scope: string | undefined, all: readonly string[]) =>
    scope === undefined ? [] : all.filter(each => each !== scope)
  const signAs = (
    sub: string,
    team: string,
    granted: readonly string[],
    { by = key, client = 'pipeline' } = {},
  ) => {
    const exp = Math.floor(Date.now() / 1000) + 3600
    return sign(by, {
      iss: issuer.url,
      aud: audience,
      sub,
      client_id: client,
      exp,
      groups: [team],
      scope: granted.join(' '),
    })
  }
  const tokenFor = (caller: Caller, scope: string | undefined): Promise<string | undefined> => {
    const ofAdmins = [...scopes, ...adminScopes]
    const tokens: Record<Caller, () => Promise<string | undefined>> = {
      'no token': async () => undefined,
      'forged token': () => signAs('requester', 'payments', scopes, { by: stranger }),
      'without scope': () => signAs('requester', 'payments', without(scope, scopes)),
      'other team': () => signAs('stranger', 'shop', scopes),
      requester: () => signAs('requester', 'payments', scopes),
      'same subject, other client': () => signAs('requester', 'payments', scopes, { client: 'portal' }),
      team: () => signAs('colleague', 'payments', scopes),
      admin: () => signAs('admin', 'iam', ofAdmins),
      'admin without scope': () => signAs('admin', 'iam', without(scope, ofAdmins)),
    }
    return tokens[caller]()
  }
  return { ...service, operations, tokenFor }
}

type Matrix = Awaited<ReturnType<typeof startMatrix>>

/** A client that the requester has just created. */
const createTarget = async (
  { call, tokenFor, sandbox }: Matrix,
  redeemableBy: 'team' | 'requester',
): Promise<Target> => {
  const clientId = `client-${randomUUID()}`
  const { status, body } = await call('POST', '/web-session-clients', {
    token: String(await tokenFor('requester', undefined)),
    body: { ...smallest, clientId, retrieval: { redeemableBy } },
  })
  assert.equal(status, 201, JSON.stringify(body))
  const client = sandbox.pingFederate.clients().find(each => each.clientId === clientId)
  const [, operationId = ''] = /([0-9a-f-]{36})\]$/.exec(client?.description ?? '') ?? []
  return { clientId, token: body.retrieval.token, operationId, team: 'payments' }
}

/** What nobody has: of the same form, and as long. */
const createAbsent = (): Target => ({
  clientId: `client-${randomUUID()}`,
  token: createToken(Date.now(), randomBytes(32)),
  operationId: randomUUID(),
  team: 'nobodys',
})

type Ask = { operation: Operation; row: Row; caller: Caller; target: Target }

const ask = async ({ call, tokenFor }: Matrix, { operation, row, caller, target }: Ask): Promise<Answer> => {
  const { path, query = '', body, headers } = row.request(target)
  const token = await tokenFor(caller, operation.scope)
  return call(operation.method, path + query, {
    as: null,
    ...(token && { token }),
    ...(body ? { body } : {}),
    ...(headers && { headers }),
  })
}

/** Everything an answer says, without what is another in each: request id, time, and how long it took. */
const comparable = ({ status, headers, body }: Answer) => ({
  status,
  headers: [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
  text: JSON.stringify({ ...body, instance: undefined }),
})

const outcome = ({ status, body }: Answer): string => [status, body.code].filter(Boolean).join(' ')

const checkRow = async (matrix: Matrix, operation: Operation, row: Row): Promise<void> => {
  const answers: Partial<Record<Caller, string>> = {}
  for (const caller of callers) {
    const target = await createTarget(matrix, row.redeemableBy ?? 'team')
    const answer = await ask(matrix, { operation, row, caller, target })
    answers[caller] = outcome(answer)
    if (caller.endsWith('without scope') && answer.status === 403) {
      assert.ok(answer.headers.get('www-authenticate')?.includes(`scope="${operation.scope}"`))
    }
    if (row.hiddenFrom?.includes(caller)) {
      const absent = await ask(matrix, { operation, row, caller, target: createAbsent() })
      assert.deepEqual(comparable(answer), comparable(absent), `${caller} learns that it exists`)
    }
  }
  assert.deepEqual(answers, row.answers)
}

test('every operation answers each caller as its row says, and hides what is another team’s', async t => {
  const matrix = await startMatrix(t)
  const ids = matrix.operations.map(({ id }) => id)
  const withoutRow = matrix.operations
    .filter(({ id }) => !rows[id]?.length)
    .map(({ name, id }) => `${name} (${id})`)
  assert.deepEqual(
    withoutRow,
    [],
    "Add these operations to test/authorisation/rows.ts: how each is called about somebody's client, and what each caller is answered.",
  )
  assert.deepEqual(
    Object.keys(rows).filter(id => !ids.includes(id)),
    [],
    'Remove these rows from test/authorisation/rows.ts: no operation has that id.',
  )
  for (const operation of matrix.operations) {
    for (const row of rows[operation.id] ?? []) {
      const title = [operation.name, row.what].filter(Boolean).join(', ')
      await t.test(title, () => checkRow(matrix, operation, row))
    }
  }
})

test('200 with nothing of another team’s for whoever lists or searches, but for an admin', async t => {
  const matrix = await startMatrix(t)
  const { clientId, team } = await createTarget(matrix, 'team')
  for (const caller of ['other team', 'admin'] as const) {
    const token = String(await matrix.tokenFor(caller, undefined))
    for (const query of ['', `?search=${clientId}`]) {
      const { status, body } = await matrix.call('GET', `/web-session-clients${query}`, { token })
      const found = body.items.map((item: { clientId: string }) => item.clientId)
      assert.deepEqual([status, found], [200, caller === 'admin' ? [clientId] : []])
    }
    const { status, body } = await matrix.call('GET', '/teams', { token })
    assert.equal(status, 200)
    assert.ok(!JSON.stringify(body).includes(team))
  }
})
