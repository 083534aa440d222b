import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { deriveTokenBytes, toIdempotentRequest } from '../../src/journal/idempotency.ts'
import { runChange } from '../../src/journal/run.ts'
import { Secret } from '../../src/secret.ts'
import { issueRetrieval } from '../../src/secret-retrievals/issue.ts'
import { rotateChange } from '../../src/web-session-clients/rotate-change.ts'
import type { OpenJournal } from './journal.ts'

type Options = {
  clientId?: string
  team?: string
  key?: string
  overlapMinutes?: number
  force?: boolean
  operationId?: string
}

/** Gives a client a new secret as the route does: for a member of the team, and under a key where there is one. */
export const rotateClient = (
  { journal, secretKeys, store }: Pick<OpenJournal, 'journal' | 'secretKeys' | 'store'>,
  { clientId = 'pa_wam', team = 'payments', key, overlapMinutes, force = false, ...others }: Options = {},
) => {
  const principal = {
    ...{ subject: 'rotator', clientId: undefined, actingParties: [], teams: [team] },
    scopes: new Set<string>(),
  }
  const { operationId = randomUUIDv7() } = others
  const secretKey = key === undefined ? undefined : new Secret(key)
  const tokenBytes = secretKey && deriveTokenBytes(secretKeys[0], secretKey, operationId)
  const retrieval = issueRetrieval(
    { clientId, ttlSeconds: 900, redeemableBy: 'team', tokenBytes },
    { now: store.now, randomBytes, secretKey: secretKeys[0] },
  )
  return runChange(journal, rotateChange, {
    ...{ clientId, team, rule: null, refusal: undefined, operationId, force, secretKeys, retrieval },
    retrievalId: retrieval.retrievalId,
    overlap: { asked: overlapMinutes, configuredMinutes: 1_440, ttlSeconds: 900 },
    actor: { principal, requestId: 'request', address: null },
    idempotent:
      secretKey &&
      toIdempotentRequest({
        ...{ kind: 'rotate', key: secretKey, body: { clientId }, now: store.now(), principal, secretKeys },
      }),
  })
}
