import type { FastifyInstance, FastifyRequest } from 'fastify'
import { clientIdPattern } from '../client-id.ts'
import { isDatabaseUnavailable } from '../database/unavailable.ts'
import { logTexts } from '../log.ts'
import type { Problem } from '../problem.ts'
import { couldBeSecret } from '../secret-like.ts'
import { type Actor, actorOf } from './actor.ts'
import type { AuditDetails, AuditedStore } from './record.ts'
import type { AuditAction } from './vocabulary.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Names the route's requests in the audit trail; the service does not start if a protected route has none. */
    action?: AuditAction
  }
}

/** Forbidden; not there, or not for this caller; not there any more. */
const refusals: ReadonlySet<number> = new Set([403, 404, 410])

/**
 * Records every attempt of a known caller that a route of this registration refuses. It does so before the answer, so
 * that whoever floods the service waits for each write. A refusal that cannot be recorded is logged and still answered,
 * because it gives nothing away.
 */
export const recordRefusals = (app: FastifyInstance, { store }: { store: AuditedStore }): void => {
  const record = createRefusalRecord(store)
  app.addHook('onRoute', ({ config, url }) => {
    if (!config?.action) throw new Error(`The protected route ${url} names no action.`)
  })
  app.addHook('onSend', async request => {
    const details = findRefusal(request)
    if (details)
      await record({ actor: actorOf(request), details }).catch(err =>
        request.log.error({ err }, logTexts.refusalUnrecorded),
      )
  })
}

/** Undefined without a valid access token, because the audit trail must not repeat what an invalid one claims. */
const findRefusal = (request: FastifyRequest): AuditDetails | undefined => {
  const { problem, principal } = request
  const { action } = request.routeOptions.config
  if (!problem || !principal || !action || isDryRun(request, problem)) return undefined
  if (!refusals.has(problem.status) && !problem.about) return undefined
  const { team, clientId, rule, outcome = 'refused' } = problem.about ?? {}
  return {
    action,
    outcome,
    reason: problem.code,
    rule: rule ?? null,
    team: team ?? (problem.status === 404 ? null : onlyOne(principal.teams)),
    client_id: clientId ?? findClientId(request),
    operation_id: findOperationId(request),
  }
}

/** The caller's team, if it is in exactly one: the attempt is that team's where its object is unknown. */
const onlyOne = ([team, ...others]: readonly string[]): string | null =>
  team !== undefined && others.length === 0 ? team : null

type Asked = { clientId?: unknown; operationId?: unknown; dryRun?: unknown } | null | undefined

const clientIdForm = new RegExp(clientIdPattern)
const operationIdForm = /^[0-9a-f-]{36}$/

/**
 * The client id as it was sent. A refusal can come before the request was validated, so a text is recorded only if it
 * has the form of a client id and could not be a secret that was sent in the wrong field.
 */
const findClientId = ({ params, body }: FastifyRequest): string | null => {
  const clientId = toMatching((params as Asked)?.clientId ?? (body as Asked)?.clientId, clientIdForm)
  return clientId === null || couldBeSecret(clientId) ? null : clientId
}

const findOperationId = ({ params }: FastifyRequest): string | null =>
  toMatching((params as Asked)?.operationId, operationIdForm)

const toMatching = (value: unknown, form: RegExp): string | null =>
  typeof value === 'string' && form.test(value) ? value : null

/** What can be tried without being done. */
const rehearsed: ReadonlySet<AuditAction | undefined> = new Set([
  'client.create',
  'client.ensure',
  'client.rotate',
  'client.update',
])

/**
 * A dry run is not recorded, because it writes nothing and asks for no change. Without the scope of the change a request
 * is no dry run, and at other routes the parameter means nothing.
 */
const isDryRun = ({ query, routeOptions }: FastifyRequest, { code }: Problem): boolean =>
  rehearsed.has(routeOptions.config.action) &&
  code !== 'insufficient_scope' &&
  String((query as Asked)?.dryRun) === 'true'

type Refusal = { actor: Actor; details: AuditDetails }

type Waiting = Refusal & { resolve: () => void; reject: (reason: unknown) => void }

/**
 * Writes refusals in one transaction at a time, each with all that arrived during the one before. They use one
 * connection and no fsync, so that a flood of refusals takes little from other requests. The queue cannot outgrow the
 * number of requests in flight.
 */
export const createRefusalRecord = (store: AuditedStore): ((refusal: Refusal) => Promise<void>) => {
  let waiting: Waiting[] = []
  let isRunning = false
  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await writeBatch(store, batch)
    }
    isRunning = false
  }
  return refusal =>
    new Promise((resolve, reject) => {
      waiting.push({ ...refusal, resolve, reject })
      if (isRunning) return
      isRunning = true
      void Promise.resolve().then(writeAll)
    })
}

/** If the batch fails, each refusal gets its own transaction, so that one that cannot be written spoils no other. */
const writeBatch = async (store: AuditedStore, batch: readonly Waiting[]): Promise<void> => {
  const failure = await write(store, batch).catch(error => ({ error }))
  if (failure && batch.length > 1 && !isDatabaseUnavailable(failure.error)) {
    for (const each of batch) await writeBatch(store, [each])
    return
  }
  for (const { resolve, reject } of batch) failure ? reject(failure.error) : resolve()
}

const write = (store: AuditedStore, refusals: readonly Refusal[]): Promise<void> =>
  store.write(
    async (_trx, record) => {
      for (const { actor, details } of refusals) await record(actor, details)
    },
    { durable: false },
  )
