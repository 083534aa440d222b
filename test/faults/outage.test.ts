import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { readRows } from '../secret-retrievals/retrievals.ts'
import { laterThanLeasesMs, startTestService, type TestService } from '../service.ts'
import { smallest } from '../web-session-clients/requests.ts'

const never = new Promise<void>(() => undefined)
const post = { method: 'POST', path: '/oauth/clients' }
const shortTimeout = { PINGFEDERATE_TIMEOUT_MS: '300' }

const create = ({ call }: TestService, clientId: string) =>
  call('POST', '/web-session-clients', { body: { ...smallest, clientId } })

const countOpen = ({ databasePath }: TestService): number =>
  readRows(databasePath, "select 1 from operation where state = 'intended'").length

/** Until every operation has its end, as recovery sees to by itself. */
const settled = async (service: TestService): Promise<void> => {
  while (countOpen(service) > 0) for (let turns = 0; turns < 20; turns += 1) await turn()
}

test('28: PingFederate hangs, then is back: 504 with the operation, then 503 at once, and recovery has the last word', async t => {
  const service = await startTestService(t, { env: shortTimeout })
  const { faults } = service.sandbox.pingFederate
  faults.always({ fault: { answerAfter: never } })
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) => create(service, `client-${index}`)),
  )
  for (const { status, body } of answers) assert.deepEqual([status, body.code], [504, 'outcome_unknown'])
  const refused = await create(service, 'refused')
  assert.deepEqual([refused.status, refused.body.code], [503, 'pingfederate_unreachable'])
  faults.clear()
  await settled(service)
  for (const { body } of answers) {
    const { body: operation } = await service.call('GET', body.operation)
    assert.equal(operation.state, 'done')
  }
  assert.equal(service.sandbox.pingFederate.clients().length, 6)
})

/** The most look-ups that PingFederate has had at once from now on, each counted until just before its answer. */
const countLookUps = ({ sandbox }: TestService): { most: () => number } => {
  let [running, most] = [0, 0]
  const work = async (): Promise<void> => {
    running += 1
    most = Math.max(most, running)
    for (let turns = 0; turns < 5; turns += 1) await turn()
    running -= 1
  }
  sandbox.pingFederate.faults.always({
    match: { method: 'GET', path: /^\/oauth\/clients\// },
    fault: {
      get answerAfter() {
        return work()
      },
    },
  })
  return { most: () => most }
}

test('28: a thousand operations that an outage left open are settled at the next start, each looked up once, four at a time', async t => {
  const first = await startTestService(t, {
    env: { PINGFEDERATE_CONCURRENCY: '256', PINGFEDERATE_QUEUE: '300' },
  })
  const { faults, onExchange } = first.sandbox.pingFederate
  faults.always({ match: { method: 'GET' }, fault: { answer: { kind: 'status', status: 422 } } })
  faults.always({ match: post, fault: { answer: { kind: 'malformed-json' } } })
  for (let round = 0; round < 10; round += 1) {
    const ids = Array.from({ length: 100 }, (_, index) => `client-${round}-${index}`)
    for (const { status } of await Promise.all(ids.map(id => create(first, id)))) assert.equal(status, 504)
  }
  await first.stop()
  assert.equal(countOpen(first), 1_000)
  faults.clear()
  const lookUps = countLookUps(first)
  let asked = 0
  onExchange(() => {
    asked += 1
  })
  const world = { now: () => Date.now() + laterThanLeasesMs }
  const second = await startTestService(t, { after: first, world })
  const startedAt = performance.now()
  await settled(second)
  t.diagnostic(`${asked} look-ups in ${Math.round(performance.now() - startedAt)} ms`)
  assert.ok(asked >= 1_000 && asked < 1_020, `${asked}`)
  assert.equal(lookUps.most(), 4)
  assert.equal(first.sandbox.pingFederate.clients().length, 1_000)
})
