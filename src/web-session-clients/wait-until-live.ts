import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { parseWait } from '../http/prefer.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { asFailure } from '../pingfederate/failure.ts'
import type { Replication } from '../pingfederate/replication.ts'
import { toNewClient, toWebSessionClient } from './client-row.ts'
import { refreshReplication } from './replication-status.ts'
import { findTaken } from './taken.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether its answer can be held until every engine has the change. */
    canWait?: boolean
  }
}

/** `no`: a node does not know the client so; `unknown`: one cannot be asked, or refuses the login for another reason. */
type Word = 'yes' | 'no' | 'unknown'

/** Whether every runtime node would have people log in through the client; asks until the signal at most. */
export type IsLiveAtNodes = (
  client: Pick<NewClient, 'clientId' | 'settings'>,
  signal: AbortSignal,
) => Promise<Word>

type Dependencies = {
  store: Store
  replication: Pick<Replication, 'findStatusOf'>
  /** Undefined where no runtime node is configured: then the console has the last word. */
  isLiveAtNodes: IsLiveAtNodes | undefined
  config: { pingFederate: { timeoutMs: number } }
}

/** PingFederate's console is asked once a second at most, however many wait. */
const intervalMs = 250
/** Between two questions of the same one to the runtime nodes. */
const nodesIntervalMs = 1_000
/** No longer than a connection may be idle, which depends on the same. */
const toMaxSeconds = (timeoutMs: number): number => Math.floor(Math.min(30_000, 10 * timeoutMs) / 1_000)
/** Those who wait count among the requests in flight, of which others must be left their part. */
const maxWaiting = 64

type Changed = { clientId: string; status: string }

/** Holds answers to changes as long as their callers prefer (RFC 7240), until the caller is gone or the service stops. */
export const waitUntilLive = (app: FastifyInstance, dependencies: Dependencies): void => {
  const stopping = new AbortController()
  const maxSeconds = toMaxSeconds(dependencies.config.pingFederate.timeoutMs)
  let waiting = 0
  app.addHook('preClose', async () => stopping.abort())
  app.addHook('preSerialization', async (request, reply, payload: unknown) => {
    const asked = request.routeOptions.config.canWait ? parseWait(request.headers['prefer']) : undefined
    if (asked === undefined || reply.statusCode >= 300 || waiting >= maxWaiting) return payload
    const seconds = Math.min(asked, maxSeconds)
    reply.header('preference-applied', `wait=${seconds}`)
    if (!isChanged(payload)) return payload
    waiting += 1
    try {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(seconds * 1_000), goneOf(reply)])
      return { ...payload, status: await untilLive(dependencies, payload, signal) }
    } finally {
      waiting -= 1
    }
  })
}

const isChanged = (payload: unknown): payload is Changed =>
  typeof (payload as Partial<Changed> | null)?.clientId === 'string' &&
  typeof (payload as Partial<Changed>).status === 'string'

const goneOf = ({ raw }: FastifyReply): AbortSignal => {
  const gone = new AbortController()
  raw.once('close', () => gone.abort())
  return gone.signal
}

/** The status at the end: the console's word, and where that is `ready` the nodes' word. */
const untilLive = async (
  { store, replication, isLiveAtNodes }: Omit<Dependencies, 'config'>,
  changed: Changed,
  signal: AbortSignal,
): Promise<string> => {
  const status = await untilReplicated({ store, replication }, changed, signal)
  if (status !== 'ready' || isLiveAtNodes === undefined) return status
  return (await untilAtNodes({ store, isLiveAtNodes }, changed, signal)) ? status : 'replicating'
}

/** The status at the end; the former one where nobody can be asked. */
const untilReplicated = async (
  { store, replication }: Pick<Dependencies, 'store' | 'replication'>,
  { clientId, status }: Changed,
  signal: AbortSignal,
): Promise<string> => {
  if (status !== 'replicating') return status
  const findStatus = (row: ClientRow) => replication.findStatusOf(row.client_id, row.saved_at)
  for (;;) {
    const isOver = await pause(intervalMs, false, { signal }).catch(() => true)
    const row = await findTaken(store.db, clientId)
    const [current] = row ? await refreshReplication({ store, findStatus }, [row]) : []
    const now = current ? toWebSessionClient(current).status : status
    if (isOver || now !== 'replicating') return now
  }
}

/**
 * Whether the nodes have it as far as is known at the end. One that is down or says something else is waited for as well;
 * what it would say is not known then, and the console's word stays.
 */
const untilAtNodes = async (
  { store, isLiveAtNodes }: Pick<Dependencies, 'store'> & { isLiveAtNodes: IsLiveAtNodes },
  { clientId }: Changed,
  signal: AbortSignal,
): Promise<boolean> => {
  const row = await findTaken(store.db, clientId)
  if (row === undefined) return true
  const client = toNewClient(row)
  const over = overOf(signal)
  let word: Word = 'unknown'
  while (!signal.aborted) {
    const said = await Promise.race([isLiveAtNodes(client, signal).catch(toUnknown), over])
    // What was broken off is no answer.
    if (said !== undefined && !(said === 'unknown' && signal.aborted)) word = said
    if (word === 'yes') return true
    await pause(nodesIntervalMs, undefined, { signal }).catch(() => undefined)
  }
  return word !== 'no'
}

/** Too many ask. @throws what is no failure of PingFederate, as it is */
const toUnknown = (error: unknown): Word => {
  asFailure(error)
  return 'unknown'
}

/** Undefined once it is. */
const overOf = (signal: AbortSignal): Promise<undefined> =>
  new Promise(resolve => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
