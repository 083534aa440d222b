import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { parseArgs } from 'node:util'
import { usePostgresServer } from '../database/postgres-server.ts'
import { prepareProcess } from '../service-process.ts'
import { startFleet } from './kill.ts'
import { type Result, stress } from './run.ts'
import { changes, type HandOut, isMade, type Story, uses } from './story.ts'
import { timeoutMs } from './strike.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string' }, seconds: { type: 'string', default: '50' } },
})
const seed = Number(values.seed ?? randomInt(2 ** 31))
const seconds = Number(values.seconds)

/** What was counted beside the answers that were not final. */
const struck = ['kill', 'fault', 'outage'] as const

const report = (t: TestContext, { stories, counts, differences }: Result): void => {
  const count = (holds: (story: Story) => boolean) => stories.filter(holds).length
  const handOuts = stories.flatMap(story => story.handOuts)
  const countSecrets = (holds: (handOut: HandOut) => boolean) => handOuts.filter(holds).length
  const get = (what: string) => counts.get(what) ?? 0
  const passing = [...counts].filter(
    ([what]) => ![...struck, ...uses, ...changes].some(each => each === what),
  )
  t.diagnostic(
    [
      `seed ${seed}, ${seconds} s: ${stories.length} callers`,
      `${count(isMade)} clients`,
      `${count(({ isRefused }) => isRefused)} refused as taken`,
      `${countSecrets(({ redeemed }) => redeemed.length > 0)} secrets delivered`,
      `${countSecrets(({ redeemed, lostRedemptions }) => redeemed.length === 0 && lostRedemptions > 0)} deliveries lost on the way`,
      `${countSecrets(({ isRevoked }) => isRevoked)} revoked`,
      `${countSecrets(({ kind }) => kind === 'rotate')} rotations`,
      `${get('fault')} faults, ${get('outage')} outages, ${get('kill')} kills`,
      `${differences.length} differences`,
    ].join(', '),
  )
  t.diagnostic(`changes: ${JSON.stringify(Object.fromEntries(changes.map(each => [each, get(each)])))}`)
  t.diagnostic(`tried again after: ${JSON.stringify(Object.fromEntries(passing))}`)
}

type Engine = { replicas: number; callers: number; databaseUrl?: string }

const check = async (t: TestContext, { replicas, callers, databaseUrl }: Engine): Promise<void> => {
  const { sandbox, databasePath, token, start } = await prepareProcess(t, {
    PINGFEDERATE_TIMEOUT_MS: String(timeoutMs),
    // The default is longer than the run, most of which a process would then spend in refusing everything.
    PINGFEDERATE_CREDENTIALS_PAUSE_SECONDS: '5',
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
  })
  const fleet = await startFleet(() => start(), replicas)
  const url = databaseUrl ?? `sqlite:${databasePath}`
  const result = await stress(
    { sandbox, databaseUrl: url, accessToken: token, fleet },
    { seed, seconds, callers },
  )
  report(t, result)
  assert.deepEqual(result.differences, [], `again with: npm run test:stress -- --seed ${seed}`)
}

const server = usePostgresServer()

test('SQLite, one process that is killed and started again: every answer of 201 is a client, every secret went out once and works as long as it should, and settings are those that were answered last', t =>
  check(t, { replicas: 1, callers: 8 }))

test('PostgreSQL, three replicas that are killed and started again: every answer of 201 is a client, every secret went out once and works as long as it should, and settings are those that were answered last', async t =>
  check(t, { replicas: 3, callers: 12, databaseUrl: await server.createDatabase() }))
