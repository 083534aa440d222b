import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Fault, OddAnswer } from '../../src/sandbox/pingfederate/faults.ts'
import { findOurs } from '../../src/web-session-clients/find-ours.ts'
import { execute } from '../database/execute.ts'
import { usePostgresServer } from '../database/postgres-server.ts'
import { type OpenJournal, openJournal } from '../journal/journal.ts'
import { callAdminApi } from '../sandbox/call-admin-api.ts'
import { createRetrieval, redeem } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'
import { recordCalls } from './requests.ts'

export const path = '/oauth/clients/pa_wam'
export const timeoutMs = 400
/** As long as a call that hangs may take to arrive. */
export const holdMs = 30 * timeoutMs

type Engine = { name: string; createDatabase: (t: TestContext) => Promise<string | undefined> }

/** Those that a kind of change is tried on. */
export const useEngines = (): Engine[] => {
  const server = usePostgresServer()
  return [
    { name: 'SQLite', createDatabase: async () => undefined },
    { name: 'PostgreSQL', createDatabase: t => server.createDatabase(t) },
  ]
}

export type Made = {
  service: TestService
  /** Of a service that has made one client and then stopped. */
  journal: OpenJournal
  calls: ReturnType<typeof recordCalls>
  read: (query: string) => Promise<Record<string, unknown>[]>
  fault: (method: string, fault: Fault) => { struck: Promise<void> }
}

/** A client, and what changes it without a service. */
export const makeClient = async (
  t: TestContext,
  { createDatabase }: Engine,
  { isRedeemed = false } = {},
): Promise<Made> => {
  const database = await createDatabase(t)
  const env = { PINGFEDERATE_TIMEOUT_MS: String(timeoutMs) }
  const service = await startTestService(t, { env, ...(database !== undefined && { database }) })
  const token = await createRetrieval(service)
  if (isRedeemed) await redeem(service, token)
  await service.stop()
  const journal = await openJournal(t, service, { aheadMs: 0 })
  const { faults } = service.sandbox.pingFederate
  return {
    service,
    journal,
    calls: recordCalls(service.sandbox),
    read: async query => (await execute(service.env['DATABASE_URL'] ?? '', query)).map(row => ({ ...row })),
    fault: (method, fault) => faults.next({ match: { method, path }, fault }),
  }
}

/** The clients that were sent to PingFederate to change one. */
export const puts = ({ calls }: Pick<Made, 'calls'>): Record<string, unknown>[] =>
  calls.filter(({ method }) => method === 'PUT').map(({ body }) => body as Record<string, unknown>)

/** Lets the time pass in which a call that hangs may arrive. */
export const outliveHold = ({ read }: Pick<Made, 'read'>): Promise<unknown> =>
  read('update operation set lease_until = created_at')

/** Answers from which nobody can tell whether a PUT was done. */
export const oddAnswers: Record<string, OddAnswer> = {
  'a reset': { kind: 'drop' },
  'a 500': { kind: 'status', status: 500 },
  'a 504': { kind: 'status', status: 504 },
  garbage: { kind: 'malformed-json' },
  'a page': { kind: 'html' },
  nothing: { kind: 'empty' },
  'another client': { kind: 'other-client', clientId: 'other' },
}

/** The client as PingFederate has it. */
export const readClient = async ({ service }: Pick<Made, 'service'>): Promise<Record<string, unknown>> =>
  (await callAdminApi(service.sandbox, 'GET', path)).body

/** Changes it there, as an administrator does in the console. */
export const editClient = async (made: Pick<Made, 'service'>, fields: object): Promise<void> => {
  const edited = { ...(await readClient(made)), ...fields }
  const { status, body } = await callAdminApi(made.service.sandbox, 'PUT', path, edited)
  assert.equal(status, 200, JSON.stringify(body))
}

/** Where it is not as it was set, as pointers. */
export const readDrift = async ({ journal: { journal } }: Pick<Made, 'journal'>): Promise<string[]> => {
  const { pingFederate } = journal.upstream
  const { differences } = await findOurs({ pingFederate, store: journal.store }, 'pa_wam')
  return differences.map(({ pointer }) => pointer)
}

/** What a change ended as: done, or the code of its problem. */
export const tell = (changing: Promise<unknown>): Promise<string> =>
  changing.then(
    () => 'done',
    error => error.code,
  )
