import type { TestContext } from 'node:test'
import { createPingAccess } from '../../src/pingaccess/ping-access.ts'
import { Secret } from '../../src/secret.ts'

type Config = Parameters<typeof createPingAccess>[0]

/** A client of the PingAccess at that address. */
export const connect = (
  t: TestContext,
  adminUrl: string,
  password: string,
  others: Partial<Config> = {},
  now = Date.now,
) => {
  const told: boolean[] = []
  const pingAccess = createPingAccess(
    {
      adminUrl,
      credentials: { kind: 'basic', username: 'Administrator', password: new Secret(password) },
      ca: undefined,
      files: {},
      timeoutMs: 2_000,
      concurrency: 4,
      ...others,
    },
    {
      now,
      onReread: () => undefined,
      onCall: () => undefined,
      onCredentials: isAccepted => told.push(isAccepted),
    },
  )
  t.after(() => pingAccess.close())
  return { ...pingAccess, told }
}
