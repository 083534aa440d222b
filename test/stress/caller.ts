import { setTimeout } from 'node:timers/promises'
import type { Random } from './random.ts'
import type { Answered, Send } from './send.ts'
import type { Story } from './story.ts'

export type Caller = {
  send: Send
  /** Decides what the caller does. */
  random: Random
  /** Decides how long it waits, apart from that, because nobody knows how often it has to. */
  pauses: Random
  /** Told of the code of every answer that is not final, of `no answer`, and of what has been done. */
  note: (what: string) => void
  /** Changes the client in PingFederate, past the service. */
  edit: (clientId: string, fields: Record<string, unknown>) => Promise<void>
  /** Nobody tries again after it. */
  deadline: AbortSignal
}

const passing: ReadonlySet<string> = new Set(['operation_in_progress', 'client_created_recently'])

/** What every caller tries again, as the documentation asks it to; everything else is final. */
const isPassing = ({ status, body }: Answered): boolean =>
  status >= 502 || status === 429 || passing.has(String(body['code']))

type Asked = {
  /** Of what it is, for the words of a difference. */
  what: string
  request: Parameters<Send>[0]
  /** Codes of refusals that may be the truth; any other is a wrong answer. */
  refusals?: readonly string[]
  /** Told each time no answer came: nobody knows whether it was done, or still will be. */
  onLost?: () => void
}

/**
 * Sends until the answer is final, each time a little later. Resolves to it where it is a success or a permitted refusal;
 * else, and when there is no time left, to undefined, and the story has it as a wrong answer.
 */
export const ask = async (caller: Caller, story: Story, asked: Asked): Promise<Answered | undefined> => {
  while (!caller.deadline.aborted) {
    const answer = await caller.send(asked.request)
    if (answer && !isPassing(answer)) return judge(story, asked, answer)
    if (!answer) asked.onLost?.()
    caller.note(String(answer?.body['code'] ?? 'no answer'))
    const operation = answer?.body['operation']
    if (typeof operation === 'string') story.operations.push(operation)
    // Retry-After says ten seconds where it cannot know; a minute has not many of them.
    await setTimeout(caller.pauses.between(20, 300))
  }
  story.wrong.push(`${asked.what} has not ended`)
  return undefined
}

const judge = (story: Story, { what, refusals = [] }: Asked, answer: Answered): Answered | undefined => {
  const code = String(answer.body['code'])
  if (answer.status < 300 || refusals.includes(code)) return answer
  story.wrong.push(`${what}: ${answer.status} ${code}`)
  return undefined
}

/** The same several times over at once, in some of the cases. */
export const askRepeatedly = (
  caller: Caller,
  story: Story,
  asked: Asked,
): Promise<(Answered | undefined)[]> => {
  const repetitions = caller.random.chance(0.3) ? caller.random.between(2, 5) : 1
  return Promise.all(Array.from({ length: repetitions }, () => ask(caller, story, asked)))
}
