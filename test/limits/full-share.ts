import type { TestContext } from 'node:test'
import { createRetrieval } from '../secret-retrievals/retrievals.ts'
import { startTestService, type TestService } from '../service.ts'

/** What one sender may have at once: half of 256 places and one for each of 8 calls to PingFederate and 64 that wait for one. */
export const share = (256 + 8 + 64) / 2

/** A team's requests, each as it is sent, without a second try where the service has no place for it. */
export type Send = (method: string, path: string, body: unknown, headers?: object) => Promise<Response>

export type Full = {
  service: TestService
  send: Send
  /** Statuses of the redemptions of one token that hold all places of the team, once they are let go. */
  release: () => Promise<number[]>
}

/** A service where the redemptions of one team, held at the database, have all of the team's places for changes. */
export const startFullShare = async (
  t: TestContext,
  env: Readonly<Record<string, string>> = {},
): Promise<Full> => {
  const { promise: released, resolve } = Promise.withResolvers<void>()
  t.after(() => resolve())
  let isHolding = false
  let held = 0
  let onHeld: () => void = () => undefined
  const service = await startTestService(t, {
    env,
    wrapStore: store => ({
      ...store,
      write: async (...write) => {
        if (isHolding) {
          held += 1
          onHeld()
          await released
        }
        return store.write(...write)
      },
    }),
  })
  const authorization = `Bearer ${await service.sandbox.accessToken({ service: 'payments-pipeline' })}`
  const send: Send = (method, path, body, headers) =>
    fetch(service.url + path, {
      method,
      headers: { authorization, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const token = await createRetrieval(service)
  isHolding = true
  const redemptions: Promise<number>[] = []
  // One by one, because a busy machine has some of a crowd refused for its own sake, which hold nothing.
  while (held < share) {
    const { promise, resolve: take } = Promise.withResolvers<void>()
    onHeld = take
    const redemption = send('POST', '/secret-retrievals', { token }).then(({ status }) => status)
    if ((await Promise.race([promise, redemption])) === undefined) redemptions.push(redemption)
  }
  isHolding = false
  return {
    service,
    send,
    release: () => {
      resolve()
      return Promise.all(redemptions)
    },
  }
}
