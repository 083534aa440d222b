import { setTimeout } from 'node:timers/promises'

/** Shorter than what `Retry-After` asks of callers, because a crowd in a test is over soon. */
const retryMs = 25

/** Sends a request again as long as the service says that it has too many to look at it, which a busy machine brings about. */
export const untilTaken = async <Answered extends { body: Record<string, unknown> }>(
  send: () => Promise<Answered>,
): Promise<Answered> => {
  for (;;) {
    const answer = await send()
    if (answer.body['code'] !== 'overloaded') return answer
    await setTimeout(retryMs)
  }
}
