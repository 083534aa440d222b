import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, laterThanLeasesMs } from '../service.ts'
import { drift, edit, reconcile } from '../web-session-clients/drifts.ts'
import { declared, ensure } from '../web-session-clients/ensures.ts'
import { recordCalls, writesOf } from '../web-session-clients/requests.ts'
import { createInUse, logsIn } from '../web-session-clients/rotations.ts'
import { clientPath, readTag, update } from '../web-session-clients/updates.ts'
import { laterThanHoldMs, readEnds, restart } from './after-kill.ts'
import { useEngines } from './engines.ts'
import type { Installation, ServiceProcess } from './installation.ts'
import { killAt, killUnanswered } from './kill.ts'
import type { Halt } from './service.ts'

const put = { method: 'PUT', path: '/oauth/clients/pa_wam' }

type Kind = {
  action: string
  /** Makes that there is something to do. */
  prepare: (installation: Installation) => Promise<void>
  /** @param tag of the client before */
  send: (service: Pick<ServiceProcess, 'call'>, tag: string) => Promise<Answer>
  /** The names that the client has on each side before and after. */
  names: { here: [string, string]; there: [string, string] }
  /** What is answered to the retry of what was done, and of what was not. */
  retried: { done: unknown[]; undone: unknown[] }
  tellOf: (answer: Answer) => unknown[]
}

const wanted = { name: 'Shop', requirePkce: true }
const asUpdate = {
  action: 'client.update',
  prepare: async () => undefined,
  names: { here: ['pa_wam', 'Shop'], there: ['pa_wam', 'Shop'] },
} satisfies Partial<Kind>

const pointersOf = (differences: { pointer: string }[]): string[] =>
  differences.map(({ pointer }) => pointer).toSorted()

const kinds: Record<string, Kind> = {
  'a PATCH': {
    ...asUpdate,
    send: (service, tag) => update(service, wanted, { tag }),
    retried: { done: [412, 'precondition_failed'], undone: [200, undefined] },
    tellOf: ({ status, body }) => [status, body.code],
  },
  'a PUT that changes': {
    ...asUpdate,
    send: service => ensure(service, { ...declared, ...wanted }),
    retried: { done: [200], undone: [200, '/name', '/requirePkce'] },
    tellOf: ({ status, body }) => [status, ...pointersOf(body.changes)],
  },
  'a client that is set again': {
    action: 'client.reapply',
    prepare: installation => edit(installation, { name: 'By hand' }),
    send: service => reconcile(service, 'reapply'),
    names: { here: ['pa_wam', 'pa_wam'], there: ['By hand', 'pa_wam'] },
    retried: { done: [200], undone: [200, '/name'] },
    tellOf: ({ status, body }) => [status, ...pointersOf(body.reconciled)],
  },
}

type Killed = {
  installation: Installation
  kind: Kind
  tag: string
  calls: ReturnType<typeof recordCalls>
  isInUse: () => Promise<boolean>
}

/** A service that has made one client, whose secret is in use. */
const startWithClient = async (
  installation: Installation,
  kind: Kind,
): Promise<Killed & { service: ServiceProcess }> => {
  const service = await installation.start()
  const secret = await createInUse(service)
  const tag = await readTag(service)
  await kind.prepare(installation)
  const calls = recordCalls(installation.sandbox)
  return { installation, service, kind, tag, calls, isInUse: () => logsIn(installation, secret) }
}

/** The client is so on each side, and neither side knows otherwise of the other. */
const checkSides = async (
  service: ServiceProcess,
  { installation, kind: { names } }: Pick<Killed, 'installation' | 'kind'>,
  isDone: boolean,
): Promise<void> => {
  const [here, there] = [names.here[isDone ? 1 : 0], names.there[isDone ? 1 : 0]]
  assert.equal((await service.call('GET', clientPath)).body.name, here)
  assert.equal(installation.sandbox.pingFederate.clients()[0]?.name, there)
  assert.equal((await drift(service)).drifted, here !== there)
}

/** What was begun is done or not on both sides; the retry is answered accordingly; and a declaration of the same writes nothing. */
const checkRetry = async (service: ServiceProcess, killed: Killed, ends: string[]): Promise<void> => {
  const { installation, kind, tag, calls } = killed
  const isDone = ends.includes('done')
  assert.deepEqual(await readEnds(installation, kind.action), ends)
  await checkSides(service, killed, isDone)
  calls.length = 0
  const retried = kind.tellOf(await kind.send(service, tag))
  assert.deepEqual(retried, isDone ? kind.retried.done : kind.retried.undone)
  assert.equal(writesOf(calls).length, isDone ? 0 : 1)
  await checkSides(service, killed, true)
  assert.deepEqual(await readEnds(installation, kind.action), ['intended', 'done'])
  assert.equal(await killed.isInUse(), true)
  calls.length = 0
  const [name] = kind.names.here.slice(1)
  const same = await ensure(service, { ...declared, ...(name === 'Shop' && wanted) })
  assert.deepEqual([same.status, same.body.changes, writesOf(calls)], [200, [], []])
  await service.kill()
  await installation.check()
}

const failed = ['intended', 'failed']
const done = ['intended', 'done']

type Point = {
  where: string
  /** Where it is none, the process dies when PingFederate has done it and has not answered. */
  halt?: Halt
  /** When recovery ends what was left; where it is not given, nothing was left. */
  aheadMs?: number
  ends: string[]
}

const untouched = 'nothing is changed, and the retry changes it'
const changed = 'it is done, and the retry writes nothing'

const points: Point[] = [
  { where: 'before the intent is committed', halt: { when: 'before', commit: 1 }, ends: [] },
  ...[
    { where: 'after the intent', halt: { when: 'after', commit: 1 } as const, aheadMs: laterThanLeasesMs },
    { where: 'before the hold', halt: { when: 'before', commit: 2 } as const, aheadMs: laterThanLeasesMs },
    {
      where: 'when the client is held',
      halt: { when: 'after', commit: 2 } as const,
      aheadMs: laterThanHoldMs,
    },
  ].map(point => ({ ...point, ends: failed })),
  { where: 'before PingFederate’s answer was read', aheadMs: laterThanHoldMs, ends: done },
  {
    ...{ where: 'between PingFederate’s answer and our commit', halt: { when: 'before', commit: 3 } },
    ...{ aheadMs: laterThanHoldMs, ends: done },
  },
  { where: 'after the end is committed', halt: { when: 'after', commit: 3 }, ends: done },
]

/** A PUT changes a client as a PATCH does, so of all points one with and one without a PUT to PingFederate are enough. */
const pointsOf = (kind: Kind): Point[] =>
  points.filter(
    ({ halt }, index) => kind !== kinds['a PUT that changes'] || halt === undefined || index === 1,
  )

for (const [engine, install] of Object.entries(useEngines()))
  for (const [what, kind] of Object.entries(kinds))
    for (const { where, halt, aheadMs, ends } of pointsOf(kind))
      test(`81: on ${engine}, ${what}, killed ${where}: ${ends === done ? changed : untouched}`, async t => {
        const { service, ...killed } = await startWithClient(await install(t), kind)
        const { installation, tag } = killed
        const send = () => kind.send(service, tag)
        if (halt) await killAt(service, halt, send)
        else await killUnanswered({ ...installation, service }, put, send)
        const next = aheadMs === undefined ? installation.start() : restart(killed, aheadMs)
        await checkRetry(await next, killed, ends)
      })
