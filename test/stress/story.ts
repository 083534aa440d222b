import { setTimeout } from 'node:timers/promises'
import type { Random } from './random.ts'
import type { Answered, Send } from './send.ts'

/** What a caller does with the token it was given. */
type Use = 'redeem' | 'redeem later' | 'keep' | 'revoke' | 'redeem and revoke'

/** One caller with its one client: what it set out to do, and everything it was answered. */
export type Story = {
  clientId: string
  key: string
  use: Use
  /** Body of each 201, the first one and those of repetitions. */
  created: Answered['body'][]
  /** Body of each 200. */
  redeemed: Answered['body'][]
  /** Redemptions whose answer never came. */
  lostRedemptions: number
  isRevoked: boolean
  /** Another caller has the client id. */
  isRefused: boolean
  /** Links to operations that were to be waited for. */
  operations: string[]
  /** Answers that nobody should be given, whatever fails. */
  wrong: string[]
}

export type Caller = {
  send: Send
  /** Decides what the caller does. */
  random: Random
  /** Decides how long it waits, apart from that, because nobody knows how often it has to. */
  pauses: Random
  /** Told of the code of every answer that is not final, and of `no answer`. */
  note: (code: string) => void
  /** Nobody tries again after it. */
  deadline: AbortSignal
}

const uses: readonly [Use, ...Use[]] = [
  'redeem',
  'redeem',
  'redeem later',
  'redeem later',
  'keep',
  'revoke',
  'redeem and revoke',
]

/** The story of that number before anything has happened; some want the client id of the one before. */
export const createStory = (number: number, random: Random): Story => ({
  clientId: `client-${random.chance(0.1) && number > 0 ? number - 1 : number}`,
  key: `key-of-the-story-${number}-${random.integer(2 ** 32)}`,
  use: random.pick(uses),
  created: [],
  redeemed: [],
  lostRedemptions: 0,
  isRevoked: false,
  isRefused: false,
  operations: [],
  wrong: [],
})

export const pingAccessUrl = 'https://mypingaccessserver:3000'

/** What every caller tries again, as the documentation asks it to; everything else is final. */
const isPassing = ({ status, body }: Answered): boolean =>
  status >= 502 || status === 429 || body['code'] === 'operation_in_progress'

/** Sends until the answer is final, each time a little later; undefined when there is no time left. */
const sendUntilFinal = async (
  { pauses, note, deadline }: Caller,
  story: Story,
  send: () => Promise<Answered | undefined>,
): Promise<Answered | undefined> => {
  while (!deadline.aborted) {
    const answer = await send()
    if (answer && !isPassing(answer)) return answer
    note(String(answer?.body['code'] ?? 'no answer'))
    const operation = answer?.body['operation']
    if (typeof operation === 'string') story.operations.push(operation)
    // Retry-After says ten seconds where it cannot know; a minute has not many of them.
    await setTimeout(pauses.between(20, 300))
  }
  return undefined
}

const create = async (caller: Caller, story: Story): Promise<void> => {
  const request = {
    method: 'POST',
    path: '/web-session-clients',
    headers: { 'idempotency-key': story.key },
    body: { clientId: story.clientId, pingAccessUrls: [pingAccessUrl] },
  }
  const answer = await sendUntilFinal(caller, story, () => caller.send(request))
  if (answer?.status === 201) story.created.push(answer.body)
  else if (answer?.body['code'] === 'client_id_taken') story.isRefused = true
  else if (answer) story.wrong.push(`create: ${answer.status} ${answer.body['code']}`)
}

export const tokenOf = (created: Answered['body']): string | null =>
  (created['retrieval'] as { token: string | null }).token

const redeem = async (caller: Caller, story: Story, token: string): Promise<void> => {
  const answer = await sendUntilFinal(caller, story, async () => {
    const sent = await caller.send({ method: 'POST', path: '/secret-retrievals', body: { token } })
    if (!sent) story.lostRedemptions += 1
    return sent
  })
  if (answer?.status === 200) story.redeemed.push(answer.body)
  else if (answer && answer.status !== 410)
    story.wrong.push(`redeem: ${answer.status} ${answer.body['code']}`)
}

const revoke = async (caller: Caller, story: Story): Promise<void> => {
  const path = `/web-session-clients/${story.clientId}/retrieval`
  const answer = await sendUntilFinal(caller, story, () => caller.send({ method: 'DELETE', path }))
  if (answer?.status === 204) story.isRevoked = true
  // Too late, which is told; that it was redeemed is compared with what the service has in the end.
  else if (answer && answer.body['code'] !== 'retrieval_redeemed')
    story.wrong.push(`revoke: ${answer.status} ${answer.body['code']}`)
}

/** Creates the client, some of them several times over. */
export const begin = async (caller: Caller, story: Story): Promise<void> => {
  const repetitions = caller.random.chance(0.3) ? caller.random.between(2, 5) : 1
  await Promise.all(Array.from({ length: repetitions }, () => create(caller, story)))
}

/** Does with the token what the caller set out to do. */
export const end = async (caller: Caller, story: Story): Promise<void> => {
  const token = story.created.map(tokenOf).find(each => each !== null)
  if (!token) return
  const redemptions = caller.random.between(1, 4)
  const isRedeeming = story.use.startsWith('redeem')
  await Promise.all([
    ...(isRedeeming ? Array.from({ length: redemptions }, () => redeem(caller, story, token)) : []),
    ...(story.use.endsWith('revoke') ? [revoke(caller, story)] : []),
  ])
}
