import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { parseWait } from '../http/prefer.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { toWebSessionClient } from './client-row.ts'
import { refreshReplication } from './replication-status.ts'
import { findTaken } from './taken.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its answer can be held until every engine has the change. */
    canWait?: boolean
  }
}

type Dependencies = {
  store: Store
  replication: Pick<Replication, 'findStatusOf'>
  config: { pingFederate: { timeoutMs: number } }
}

/** PingFederate is asked once a second at most, however many wait. */
const intervalMs = 250
/** No longer than a connection may be idle, which depends on the same. */
const toMaxSeconds = (timeoutMs: number): number => Math.floor(Math.min(30_000, 10 * timeoutMs) / 1_000)
/** Those who wait count among the requests in flight, of which others must be left their part. */
const maxWaiting = 64

type Changed = { clientId: string; status: string }

/** Holds answers to changes as long as their callers prefer (RFC 7240), until the caller is gone or the service stops. */
export const waitUntilLive = (app: FastifyInstance, { store, replication, config }: Dependencies): void => {
  const stopping = new AbortController()
  const maxSeconds = toMaxSeconds(config.pingFederate.timeoutMs)
  let waiting = 0
  app.addHook('preClose', async () => stopping.abort())
  app.addHook('preSerialization', async (request, reply, payload: unknown) => {
    const asked = request.routeOptions.config.canWait ? parseWait(request.headers['prefer']) : undefined
    if (asked === undefined || reply.statusCode >= 300 || waiting >= maxWaiting) return payload
    const seconds = Math.min(asked, maxSeconds)
    reply.header('preference-applied', `wait=${seconds}`)
    if (!isReplicating(payload)) return payload
    waiting += 1
    try {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(seconds * 1_000), goneOf(reply)])
      return { ...payload, status: await poll({ store, replication }, payload, signal) }
    } finally {
      waiting -= 1
    }
  })
}

const isReplicating = (payload: unknown): payload is Changed =>
  (payload as Partial<Changed> | null)?.status === 'replicating'

const goneOf = ({ raw }: FastifyReply): AbortSignal => {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return gone.signal
}

/** The status at the end; the former one where nobody can be asked. */
const poll = async (
  { store, replication }: Pick<Dependencies, 'store' | 'replication'>,
  { clientId, status }: Changed,
  signal: AbortSignal,
): Promise<string> => {
  const findStatus = (row: ClientRow) => replication.findStatusOf(row.client_id, row.saved_at)
  for (;;) {
    const isOver = await pause(intervalMs, false, { signal }).catch(() => true)
    const row = await findTaken(store.db, clientId)
    const [current] = row ? await refreshReplication({ store, findStatus }, [row]) : []
    const now = current ? toWebSessionClient(current).status : status
    if (isOver || now !== 'replicating') return now
  }
}
