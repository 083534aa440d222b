import { setTimeout } from 'node:timers/promises'
import type { Random } from './random.ts'

export type Answered = { status: number; body: Record<string, unknown>; tag?: string | undefined }

type Sent = { method: string; path: string; headers?: Record<string, string>; body?: unknown }

/** Sends to some replica; undefined when no answer came. */
export type Send = (request: Sent) => Promise<Answered | undefined>

type Options = {
  /** Where the replicas are at this moment. */
  urls: () => readonly [string, ...string[]]
  accessToken: string
  random: Random
  /** Share of the requests whose sender goes away before the answer comes. */
  impatience: number
}

/** Longer than the service ever takes. */
const patienceMs = 30_000

/** A way to the service. */
export const createSend =
  ({ urls, accessToken, random, impatience }: Options): Send =>
  async ({ method, path, headers, body }) => {
    const url = random.pick(urls())
    const leavesAfterMs = random.chance(impatience) ? random.between(1, 100) : patienceMs
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(leavesAfterMs),
    })
      .then(async response => ({
        ...{ status: response.status, text: await response.text() },
        tag: response.headers.get('etag') ?? undefined,
      }))
      .catch(() => undefined)
    if (!answer) return undefined
    const { text, ...others } = answer
    return { ...others, body: text === '' ? {} : JSON.parse(text) }
  }

/** As often as a service that nobody disturbs any more may be busy. */
const maxTries = 300

/** Sends again what a service on a busy machine had no time for; nothing of it was done. */
export const sendUntilTaken = async (
  send: Send,
  request: Parameters<Send>[0],
): Promise<Answered | undefined> => {
  for (let tries = 1; ; tries += 1) {
    const answer = await send(request)
    const isTaken = answer !== undefined && answer.status !== 429 && answer.status !== 503
    if (isTaken || tries === maxTries) return answer
    await setTimeout(100)
  }
}
