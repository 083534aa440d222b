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
    /** What its callers ask for, in the audit trail; a route of the protected registration without one does not start. */
    action?: AuditAction
  }
}

/** Forbidden, not there (or not for this caller), and not there any more. */
const refusals: ReadonlySet<number> = new Set([403, 404, 410])

/**
 * Records every attempt of a known caller that a route of this registration refuses, before it is answered, so that the
 * caller waits for what it costs. A refusal that cannot be recorded is answered all the same, because it gives nothing
 * away; the log tells.
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

/** Who sends no valid token is nobody: what such a token says is not believed, not even in the audit trail. */
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

/** Of a caller in one team it is that team’s attempt, where nothing is known of what it was about. */
const onlyOne = ([team, ...others]: readonly string[]): string | null =>
  team !== undefined && others.length === 0 ? team : null

type Asked = { clientId?: unknown; operationId?: unknown; dryRun?: unknown } | null | undefined

const clientIdForm = new RegExp(clientIdPattern)
const operationIdForm = /^[0-9a-f-]{36}$/

/**
 * As it was sent, where it has the form of one, because a refusal can come before anything was validated; and not where
 * it could as well be a secret in the wrong place, because nobody has said yet that there is such a client.
 */
const findClientId = ({ params, body }: FastifyRequest): string | null => {
  const clientId = toMatching((params as Asked)?.clientId ?? (body as Asked)?.clientId, clientIdForm)
  return clientId === null || couldBeSecret(clientId) ? null : clientId
}

const findOperationId = ({ params }: FastifyRequest): string | null =>
  toMatching((params as Asked)?.operationId, operationIdForm)

const toMatching = (value: unknown, form: RegExp): string | null =>
  typeof value === 'string' && form.test(value) ? value : null

/**
 * A dry run writes nothing anywhere, and asks for nothing to be done. It takes the scope of a create to make one, and
 * elsewhere the parameter means nothing.
 */
const isDryRun = ({ query, routeOptions }: FastifyRequest, { code }: Problem): boolean =>
  routeOptions.config.action === 'client.create' &&
  code !== 'insufficient_scope' &&
  String((query as Asked)?.dryRun) === 'true'

type Refusal = { actor: Actor; details: AuditDetails }

type Waiting = Refusal & { resolve: () => void; reject: (reason: unknown) => void }

/**
 * One transaction at a time for all refusals that have come meanwhile, on one connection and not synced: a flood of them
 * takes little from everybody else, and what waits is bounded by the requests that may be under way.
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

/** Where one of them cannot be written, each gets a transaction of its own, so that it takes none of the others with it. */
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
