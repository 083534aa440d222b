import { ask, askRepeatedly, type Caller } from './caller.ts'
import { declare, patch, patchSomething, reconcile, switchOffAndOn } from './settings.ts'
import {
  createHandOut,
  formerOf,
  type HandOut,
  inForce,
  isAlive,
  isMade,
  pingAccessUrl,
  type Step,
  type Story,
  tokenOf,
} from './story.ts'

type Take = (caller: Caller, story: Story) => Promise<void>

/** Creates the client, some of them several times over. */
export const create: Take = async (caller, story) => {
  const answers = await askRepeatedly(caller, story, {
    what: 'create',
    request: {
      method: 'POST',
      path: '/web-session-clients',
      headers: { 'idempotency-key': story.key },
      body: { clientId: story.clientId, pingAccessUrls: [pingAccessUrl] },
    },
    refusals: ['client_id_taken'],
  })
  const created = answers.flatMap(each => (each?.status === 201 ? [each.body] : []))
  story.handOuts[0].created.push(...created)
  story.isRefused = answers.some(each => each?.status === 409)
}

const redeem = async (caller: Caller, story: Story, handOut: HandOut): Promise<void> => {
  const asked = {
    what: 'redeem',
    request: { method: 'POST', path: '/secret-retrievals', body: { token: tokenOf(handOut) } },
    refusals: ['retrieval_redeemed', 'retrieval_revoked'],
    onLost: () => {
      handOut.lostRedemptions += 1
    },
  }
  const redeemOnce = async (): Promise<void> => {
    const answer = await ask(caller, story, asked)
    if (answer?.status === 200) handOut.redeemed.push(answer.body)
  }
  await Promise.all(Array.from({ length: caller.random.between(1, 4) }, redeemOnce))
}

const revoke: Take = async (caller, story) => {
  const handOut = inForce(story)
  const answer = await ask(caller, story, {
    what: 'revoke',
    request: { method: 'DELETE', path: `/web-session-clients/${story.clientId}/retrieval` },
    // Too late, which is told; that it was redeemed is compared with what the service has in the end.
    refusals: ['retrieval_redeemed'],
    onLost: () => {
      story.lostRevocations += 1
    },
  })
  if (answer?.status === 204) handOut.isRevoked = true
}

type Rotation = { force?: boolean; overlapMinutes?: number }

const rotations: readonly [Rotation, ...Rotation[]] = [
  {},
  { overlapMinutes: 0 },
  { overlapMinutes: 60 },
  { force: true },
  { force: true, overlapMinutes: 0 },
  { force: true, overlapMinutes: 60 },
]

/** Asks for another secret, in some cases several times over under the one key. */
const rotate: Take = async (caller, story) => {
  const body = caller.random.pick(rotations)
  const mayBeAlive = formerOf(story).some(each => isAlive(each) !== false)
  const answers = await askRepeatedly(caller, story, {
    what: 'rotate',
    request: {
      method: 'POST',
      path: `/web-session-clients/${story.clientId}/secret-rotations`,
      headers: { 'idempotency-key': `${story.key}-${caller.random.integer(2 ** 32)}` },
      body,
    },
    refusals: mayBeAlive && !body.force ? ['previous_secret_alive'] : [],
  })
  const created = answers.flatMap(each => (each?.status === 201 ? [each.body] : []))
  if (created.length === 0) return
  const former = inForce(story)
  former.overlapMinutes = body.overlapMinutes
  former.isEnded = story.lostEnds > 0 && 'perhaps'
  story.handOuts.push({ ...createHandOut('rotate'), created })
}

const endFormer: Take = async (caller, story) => {
  const former = formerOf(story)
  const answer = await ask(caller, story, {
    what: 'end former',
    request: { method: 'DELETE', path: `/web-session-clients/${story.clientId}/previous-secrets` },
    onLost: () => {
      story.lostEnds += 1
    },
  })
  if (answer?.status === 204) for (const each of former) each.isEnded = true
}

/** Nobody knows which of the two came first, so nobody knows what became of the secret that was in force. */
const rotateWhileEndingFormer: Take = async (caller, story) => {
  const replaced = inForce(story)
  await Promise.all([rotate(caller, story), endFormer(caller, story)])
  replaced.isEnded = 'perhaps'
}

/** Switches the client off and deletes it. */
const retire: Take = async (caller, story) => {
  await patch(caller, story, { enabled: false })
  if (story.settings.enabled) return
  const answer = await ask(caller, story, {
    what: 'retire',
    request: { method: 'DELETE', path: `/web-session-clients/${story.clientId}` },
    // By an earlier request, whose answer was lost.
    refusals: ['client_not_found'],
  })
  story.isRetired = answer !== undefined
}

const useInForce = (caller: Caller, story: Story) => redeem(caller, story, inForce(story))

/** Everything that a story can consist of after its create; another kind of change is another line. */
const steps: Record<Step, Take> = {
  redeem: useInForce,
  keep: async () => undefined,
  revoke,
  'redeem and revoke': async (caller, story) =>
    void (await Promise.all([useInForce(caller, story), revoke(caller, story)])),
  rotate,
  'end former': endFormer,
  'rotate while redeeming': async (caller, story) =>
    void (await Promise.all([useInForce(caller, story), rotate(caller, story)])),
  'rotate while ending former': rotateWhileEndingFormer,
  patch: patchSomething,
  declare,
  'switch off and on': switchOffAndOn,
  reconcile,
  retire,
}

/** Does with the client what the caller set out to do. */
export const takeSteps: Take = async (caller, story) => {
  if (!isMade(story)) return
  for (const step of story.steps) {
    if (caller.deadline.aborted) return
    await steps[step](caller, story)
    caller.note(step)
  }
}
