import type { IssuerKeys } from '../authentication/issuer-keys.ts'
import type { Store } from '../database/store.ts'
import type { App } from '../http/route.ts'
import type { InstallationWatch } from '../installation/watch-installation.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { toProblemCode } from '../pingfederate/to-problem.ts'
import { Problem, problemResponses } from '../problem.ts'
import { toDatabaseReason, toIssuerReason } from './failing-checks.ts'
import { readyDocument } from './ready-document.ts'

export type ReadinessDependencies = {
  store: Pick<Store, 'check'>
  keys: Pick<IssuerKeys, 'warm'>
  pingFederate: Pick<PingFederate, 'findClusterState'>
  installation: Pick<InstallationWatch, 'warnings'>
  now: () => number
}

const schema = {
  operationId: 'getReadiness',
  tags: ['health'],
  summary: 'Should requests be sent here?',
  description: readyDocument.description,
  security: [],
  response: {
    200: readyDocument.ready,
    ...problemResponses('not_ready', 'overloaded', 'shutting_down'),
  },
}

/** `GET /health/ready` */
export const getReadiness = (app: App, dependencies: ReadinessDependencies): void => {
  const checkPingFederate = occasionally(
    dependencies.now,
    async () => void (await dependencies.pingFederate.findClusterState()),
  )
  app.route({
    method: 'GET',
    url: '/health/ready',
    logLevel: 'silent',
    schema,
    handler: async (_request, reply) => {
      const [database, issuer] = await Promise.all([
        toCheck(dependencies.store.check(), toDatabaseReason),
        toCheck(dependencies.keys.warm(), toIssuerReason),
      ])
      if (database !== 'ok' || issuer !== 'ok') {
        throw new Problem('not_ready', `database: ${database}, issuer: ${issuer}`, {
          headers: { 'retry-after': '5' },
        })
      }
      const pingFederate = checkPingFederate()
      return reply.code(200).send({
        status: 'ready',
        checks: { database, issuer, pingFederate: pingFederate.check },
        pingFederateProblem: pingFederate.problem,
        pingFederateReason: pingFederate.reason,
        warnings: dependencies.installation.warnings(),
      })
    },
  })
}

const toCheck = <Reason extends string>(
  check: Promise<void>,
  toReason: (error: unknown) => Reason,
): Promise<'ok' | `failing (${Reason})`> =>
  check.then(
    () => 'ok' as const,
    error => `failing (${toReason(error)})` as const,
  )

/** What the last look at PingFederate has come to. */
type Looked = { check: 'ok' | 'failing' | 'unknown'; problem: string | null; reason: string | null }

/** Anybody may ask for readiness, so what it costs PingFederate is bounded, and nobody waits for it. */
const intervalMs = 10_000

const occasionally = (now: () => number, run: () => Promise<void>): (() => Looked) => {
  let last: Looked = { check: 'unknown', problem: null, reason: null }
  let dueAt = Number.NEGATIVE_INFINITY
  return () => {
    if (now() >= dueAt) {
      dueAt = now() + intervalMs
      void run().then(
        () => {
          last = { check: 'ok', problem: null, reason: null }
        },
        error => {
          last = { check: 'failing', problem: toProblemCode(error), reason: toReason(error) }
        },
      )
    }
    return last
  }
}

/** PingFederate's own name alone, because everybody may read it, and its message may have anything in it. */
const toReason = (error: unknown): string | null =>
  (error instanceof PingFederateFailure ? error.resultId : undefined) ?? null
