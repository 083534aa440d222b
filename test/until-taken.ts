import { setTimeout } from 'node:timers/promises'

/** Shorter than what `Retry-After` asks of callers, because a crowd in a test is over soon. */
const retryMs = 25

/** What a service on a busy machine says now and then, whatever the test is about. */
const busyCodes: ReadonlySet<unknown> = new Set(['overloaded', 'issuer_unavailable'])

/** Sends a request again as long as the service says that it cannot look at it yet. */
export const untilTaken = async <Answered extends { body: Record<string, unknown> }>(
  send: () => Promise<Answered>,
): Promise<Answered> => {
  for (;;) {
    const answer = await send()
    if (!busyCodes.has(answer.body['code'])) return answer
    await setTimeout(retryMs)
  }
}
