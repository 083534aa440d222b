import { setTimeout } from 'node:timers/promises'

/** Shorter than what `Retry-After` asks of callers, because a crowd in a test is over soon. */
const retryMs = 25

/**
 * Sends a request again as long as the service says that it has too many to look at it, as it does now and then on a
 * busy machine, whatever the test is about.
 */
export const untilTaken = async <Answered extends { body: unknown }>(
  send: () => Promise<Answered>,
): Promise<Answered> => {
  for (;;) {
    const answer = await send()
    if ((answer.body as { code?: unknown } | null)?.code !== 'overloaded') return answer
    await setTimeout(retryMs)
  }
}
