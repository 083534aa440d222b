import { hash } from 'node:crypto'
import type { Principal } from '../principal.ts'
import { clockToleranceSeconds } from './access-token.ts'

/** What was verified a moment ago, so that the same token is not verified again with every request. */
export type VerifiedTokens = {
  /** Who the token of an `Authorization` field names; undefined when it has to be verified. */
  find: (authorization: string) => Principal | undefined
  /** @param expiresAt seconds since the epoch */
  remember: (authorization: string, principal: Principal, expiresAt: number) => void
}

/** A key the issuer retires must stop working soon. */
const ttlMs = 60_000
/** More callers than an installation has; each takes about a kilobyte. */
const maxTokens = 1_000

type Verified = { principal: Principal; from: number; until: number }

/**
 * Refusals are not remembered: a token refused for a key not known yet must work once the key is. By digest, so that no
 * token lies in memory longer than its request, and no comparison tells how much of one was guessed.
 */
export const createVerifiedTokens = ({ now }: { now: () => number }): VerifiedTokens => {
  const known = new Map<string, Verified>()
  return {
    find: authorization => {
      const verified = known.get(toKey(authorization))
      // Before `from` the clock was set back, and nobody knows whether the token is valid yet.
      return verified && verified.from <= now() && now() < verified.until ? verified.principal : undefined
    },
    remember: (authorization, principal, expiresAt) => {
      const [oldest] = known.size < maxTokens ? [] : known.keys()
      if (oldest !== undefined) known.delete(oldest)
      const from = now()
      const until = Math.min(from + ttlMs, (expiresAt + clockToleranceSeconds) * 1000)
      known.set(toKey(authorization), { principal, from, until })
    },
  }
}

const toKey = (authorization: string): string => hash('sha256', authorization, 'base64')
