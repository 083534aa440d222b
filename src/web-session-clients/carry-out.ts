import type { NewClient } from '../pingfederate/client-settings.ts'
import { asFailure, type PingFederateFailure } from '../pingfederate/failure.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Secret } from '../secret.ts'

/**
 * How a create ended at PingFederate.
 * - `created`: the client is there and this operation made it
 * - `foreign`: there is a client of that id which this operation did not make; it was not touched. `maker` is the
 *   operation of this service that made it, if one did
 * - `failed`: nothing was made
 * - `unknown`: it cannot be told yet; with `mayReplace` a client of that id can still be replaced by this operation's
 */
export type CreateOutcome =
  | { kind: 'created'; client: ClientInPingFederate }
  | { kind: 'foreign'; maker: string | undefined }
  | { kind: 'failed'; failure: PingFederateFailure }
  | { kind: 'unknown'; failure: PingFederateFailure; mayReplace?: true }

type ToCreate = {
  client: NewClient
  secret: Secret
  operationId: string
  /** Whether an operation of this service has ended as if it had made nothing, so that its client is nobody's. */
  isGivenUp: (maker: string | undefined) => Promise<boolean>
  /** Keeps the client id for as long as a take-over may take to arrive; false when somebody else may settle this one. */
  holdForTakeOver: () => Promise<boolean>
}

/** A second POST after the first came to nothing is safe, because client ids are unique in PingFederate. */
const maxAttempts = 2

/** Makes the client, and where an answer leaves it open, looks instead of repeating blindly. */
export const carryOutCreate = async (
  pingFederate: PingFederate,
  toCreate: ToCreate,
): Promise<CreateOutcome> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const client = await pingFederate.createClient(toCreate.client, toCreate.secret, toCreate.operationId)
      return { kind: 'created', client }
    } catch (error) {
      const failure = asFailure(error)
      const outcome = await settle(pingFederate, toCreate, failure)
      const isLast = attempt === maxAttempts || !isWorthRepeating(failure)
      if (outcome.kind !== 'failed' || isLast)
        return takeOverLeftover(pingFederate, toCreate, { outcome, failure })
    }
  }
}

/**
 * A POST that arrived after its operation was given up has left a client whose secret nobody was ever given and
 * nobody can be: it becomes this operation's. Every other outcome stays what it is. Unlike a POST a PUT does harm when
 * it arrives late, to whoever has the client id by then: so it is sent only while the id is held, and what leaves it
 * open is never a failure.
 */
const takeOverLeftover = async (
  pingFederate: PingFederate,
  toCreate: ToCreate,
  met: { outcome: CreateOutcome; failure: PingFederateFailure },
): Promise<CreateOutcome> => {
  const maker = met.outcome.kind === 'foreign' ? met.outcome.maker : undefined
  if (!(await toCreate.isGivenUp(maker))) return met.outcome
  if (!(await toCreate.holdForTakeOver())) return { kind: 'unknown', failure: met.failure }
  const { client, secret, operationId } = toCreate
  try {
    return { kind: 'created', client: await pingFederate.replaceClient(client, secret, operationId) }
  } catch (error) {
    const failure = asFailure(error)
    if (!failure.isAmbiguous) return { kind: 'failed', failure }
    const found = await lookUp(pingFederate, client.clientId, operationId).catch(asFailure)
    return found?.kind === 'created' ? found : { kind: 'unknown', failure, mayReplace: true }
  }
}

/** Not after a time-out: the first POST may still arrive. Not after a refusal: it would be refused again. */
const isWorthRepeating = ({ kind, isSent }: PingFederateFailure): boolean =>
  isSent && (kind === 'broken' || kind === 'server-error' || kind === 'unexpected')

/**
 * A refusal may mean that the id is taken, and PingFederate's texts for that are not known; so it is looked up as well,
 * and is one only when the look shows nothing.
 */
const settle = async (
  pingFederate: PingFederate,
  toCreate: ToCreate,
  failure: PingFederateFailure,
): Promise<CreateOutcome> => {
  if (!failure.isAmbiguous && failure.kind !== 'invalid') return { kind: 'failed', failure }
  try {
    const outcome = await lookUp(pingFederate, toCreate.client.clientId, toCreate.operationId)
    if (outcome) return outcome
    return { kind: failure.kind === 'timeout' ? 'unknown' : 'failed', failure }
  } catch (error) {
    return { kind: 'unknown', failure: asFailure(error) }
  }
}

/** Whether the client of an operation exists: undefined when PingFederate has no client of that id. */
export const lookUp = async (
  pingFederate: Pick<PingFederate, 'findClient'>,
  clientId: string,
  operationId: string,
): Promise<Extract<CreateOutcome, { kind: 'created' | 'foreign' }> | undefined> => {
  const found = await pingFederate.findClient(clientId)
  if (!found) return undefined
  const maker = findMaker(found)
  return maker === operationId ? { kind: 'created', client: found } : { kind: 'foreign', maker }
}
