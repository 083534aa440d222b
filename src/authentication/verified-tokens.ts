import { hash } from 'node:crypto'
import type { Principal } from '../principal.ts'
import { clockToleranceSeconds } from './access-token.ts'

/** Tokens that were verified a moment ago, so that a token is not verified again with every request. */
export type VerifiedTokens = {
  /** The caller that the token of an `Authorization` field names; undefined if the token has to be verified. */
  find: (authorization: string) => Principal | undefined
  /** @param expiresAt seconds since the epoch */
  remember: (authorization: string, principal: Principal, expiresAt: number) => void
}

/** How long a token is accepted at most after the issuer has retired its key. */
const ttlMs = 60_000
/** More callers than an installation has; each takes about a kilobyte. */
const maxTokens = 1_000

type Verified = { principal: Principal; from: number; until: number }

/**
 * Remembers tokens by digest, so that no token is in memory for longer than its request, and the time of a comparison
 * tells nothing about one. Refusals are not remembered: a token whose key is not known yet must work once it is.
 */
export const createVerifiedTokens = ({ now }: { now: () => number }): VerifiedTokens => {
  const known = new Map<string, Verified>()
  return {
    find: authorization => {
      const verified = known.get(toKey(authorization))
      // A time before `from` means that the clock was set back; the token may not be valid yet.
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
