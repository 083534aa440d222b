import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { execute } from '../database/execute.ts'
import { useOwnPostgresServer } from '../database/postgres-server.ts'
import { logIn } from '../sandbox/log-in.ts'
import type { Answered } from './race.ts'
import { type Replicas, startReplicas } from './replicas.ts'

const server = useOwnPostgresServer()
const clients = 600
const workers = 8
/** The server dies when so many clients have been made. */
const crashes = [80, 180, 280, 380, 480]
/** As callers do, who heed `Retry-After`; shorter, because leases are short here too. */
const retryMs = 25

/** Longer than the lease of an operation and the ten seconds until recovery looks. */
const recoveryMs = 60_000

type Story = { clientId: string; codes: string[]; secrets: string[] }

const allowed = [200, 201, 409, 410, 503, 504]

const retry = async (send: () => Promise<Answered>, isFinal: (answer: Answered) => boolean) => {
  const answers: Answered[] = []
  for (;;) {
    const answer = await send()
    answers.push(answer)
    assert.ok(allowed.includes(answer.status), JSON.stringify(answer.body))
    if (isFinal(answer)) return { answer, answers }
    await setTimeout(retryMs)
  }
}

/** Creates a client and redeems its secret, each as often as it takes, at whatever replica is next. */
const live = async ({ create, redeems }: Replicas, index: number): Promise<Story> => {
  const clientId = `client-${index}`
  let turn = index
  const created = await retry(
    () => create(turn++, clientId, `key-of-the-client-${index}`),
    ({ status }) => status === 201,
  )
  const { token } = created.answer.body['retrieval'] as { token: string }
  const redeemed = await retry(
    async () => {
      const redeem = redeems[turn++ % redeems.length]
      if (!redeem) throw new Error('There is no replica.')
      return redeem(token)
    },
    ({ status }) => status === 200 || status === 410,
  )
  const answers = [...created.answers, ...redeemed.answers]
  return {
    clientId,
    codes: answers.flatMap(({ body }) => (typeof body['code'] === 'string' ? [body['code']] : [])),
    secrets: redeemed.answers
      .filter(({ status }) => status === 200)
      .map(({ body }) => String(body['clientSecret'])),
  }
}

const crashAndRestart = async (): Promise<void> => {
  await server.crash()
  await server.start()
}

/**
 * A client is shown again once recovery has derived what the killed server had not synced, and then there is nothing
 * else left to be ended.
 */
const readAll = async ({ processes }: Replicas, clientIds: readonly string[]): Promise<void> => {
  const deadline = performance.now() + recoveryMs
  for (const [index, clientId] of clientIds.entries()) {
    const replica = processes[index % processes.length]
    let status = 0
    while (status !== 200) {
      assert.ok(performance.now() < deadline, `${clientId}: ${status}`)
      ;({ status } = await (replica?.call('GET', `/web-session-clients/${clientId}`) ?? assert.fail()))
      assert.ok([200, 404, 503].includes(status), `${clientId}: ${status}`)
      if (status !== 200) await setTimeout(retryMs)
    }
  }
}

/** Every tenth secret that was paid out opens what it is for: a login takes longer than all the rest. */
const logInWith = async ({ sandbox }: Replicas, stories: readonly Story[]): Promise<void> => {
  const redirectUris = new Map(
    sandbox.pingFederate.clients().map(({ clientId, redirectUris: [first] }) => [clientId, first]),
  )
  const person = sandbox.people[0]?.id ?? assert.fail()
  const paidOut = stories.filter(({ secrets }) => secrets.length === 1)
  for (const [index, { clientId, secrets }] of paidOut.entries()) {
    if (index % 10 > 0) continue
    const [clientSecret = ''] = secrets
    const redirectUri = redirectUris.get(clientId) ?? ''
    const { sub } = await logIn({ issuer: sandbox.issuer, clientId, clientSecret, redirectUri, person })
    assert.ok(sub, clientId)
  }
}

test('34: a server that dies again and again costs callers repetitions, and neither clients nor secrets', async t => {
  const database = await server.createDatabase()
  const replicas = await startReplicas(t, database, 3, {
    PINGFEDERATE_TIMEOUT_MS: '300',
  })
  const stories: Story[] = []
  let restarted = Promise.resolve()
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < clients; index = next++) {
      stories.push(await live(replicas, index))
      if (crashes.includes(stories.length)) restarted = restarted.then(crashAndRestart)
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  await restarted
  const count = new Map<string, number>()
  for (const code of stories.flatMap(({ codes }) => codes)) count.set(code, (count.get(code) ?? 0) + 1)
  const lost = stories.filter(({ secrets }) => secrets.length === 0)
  t.diagnostic(`${JSON.stringify(Object.fromEntries(count))}; answers of redemptions lost: ${lost.length}`)
  assert.ok((count.get('database_unavailable') ?? 0) > 0)
  // At most once: where the commit was kept and its answer was not, the token is gone and the secret has to be replaced.
  for (const story of lost) assert.ok(story.codes.includes('database_unavailable'))
  const ids = replicas.sandbox.pingFederate.clients().map(({ clientId }) => clientId)
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(ids.length, clients)
  await readAll(
    replicas,
    stories.map(({ clientId }) => clientId),
  )
  assert.deepEqual(await execute(database, "select operation_id from operation where state = 'intended'"), [])
  const [kept] = await execute(
    database,
    "select count(*)::int as active from client join operation using (operation_id) where client.state = 'active' and operation.state = 'done'",
  )
  assert.equal(kept?.['active'], clients)
  for (const { clientId, secrets } of stories) assert.ok(secrets.length <= 1, clientId)
  await logInWith(replicas, stories)
  for (const { child } of replicas.processes) assert.equal(child.exitCode, null)
})
