import type { Settings } from './settings.ts'

/** PingFederate's Account Lockout Protection. */
export interface Lockout {
  /** Whether nobody gets in with this account now, not even with its password. */
  readonly isLocked: (username: string) => boolean
  readonly failed: (username: string) => void
  readonly succeeded: (username: string) => void
}

interface Tries {
  readonly failures: number
  readonly lockedUntil: number
}

/** No account is locked, nor has anybody failed yet. */
export function createLockout({ lockout }: Pick<Settings, 'lockout'>, now: () => Date): Lockout {
  const tries = new Map<string, Tries>()

  function isLocked(username: string): boolean {
    return lockout.isOn && (tries.get(username)?.lockedUntil ?? 0) > now().getTime()
  }

  function lock(username: string): void {
    tries.set(username, { failures: 0, lockedUntil: now().getTime() + lockout.lockedMs })
  }

  function count(username: string): void {
    const failures = (tries.get(username)?.failures ?? 0) + 1
    if (failures >= lockout.maxFailures) lock(username)
    else tries.set(username, { failures, lockedUntil: 0 })
  }

  return {
    isLocked,
    failed(username) {
      if (!lockout.isOn) return
      if (!isLocked(username)) count(username)
      else if (lockout.isProlongedByTries) lock(username)
    },
    succeeded: username => tries.delete(username),
  }
}
