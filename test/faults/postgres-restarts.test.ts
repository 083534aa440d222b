import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { usePostgresServer } from '../database/postgres-server.ts'
import type { Answered } from './race.ts'
import { type Replicas, startReplicas } from './replicas.ts'

const server = usePostgresServer()
const clients = 600
const workers = 8
/** The server dies when so many clients have been made. */
const crashes = [80, 180, 280, 380, 480]
/** As callers do, who heed `Retry-After`; shorter, because leases are short here too. */
const retryMs = 25

type Story = { codes: string[]; paidOut: number }

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
  let turn = index
  const created = await retry(
    () => create(turn++, `client-${index}`, `key-of-the-client-${index}`),
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
    codes: answers.flatMap(({ body }) => (typeof body['code'] === 'string' ? [body['code']] : [])),
    paidOut: redeemed.answers.filter(({ status }) => status === 200).length,
  }
}

const crashAndRestart = async (): Promise<void> => {
  await server.crash()
  await server.start()
}

test('34: a server that dies again and again costs callers repetitions, and neither clients nor secrets', async t => {
  const replicas = await startReplicas(t, await server.createDatabase(), 3, {
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
  const lost = stories.filter(({ paidOut }) => paidOut === 0)
  t.diagnostic(`${JSON.stringify(Object.fromEntries(count))}; answers of redemptions lost: ${lost.length}`)
  assert.ok((count.get('database_unavailable') ?? 0) > 0)
  // At most once: where the commit was kept and its answer was not, the token is gone and the secret has to be replaced.
  for (const story of lost) assert.ok(story.codes.includes('database_unavailable'))
  const ids = replicas.sandbox.pingFederate.clients().map(({ clientId }) => clientId)
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(ids.length, clients)
  for (const { child } of replicas.processes) assert.equal(child.exitCode, null)
})
