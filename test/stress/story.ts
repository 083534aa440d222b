import type { Random } from './random.ts'
import type { Answered } from './send.ts'

/** A secret that a caller was promised, and everything it was answered about it. */
export type HandOut = {
  /** The change that it comes from. */
  kind: 'create' | 'rotate'
  /** Body of each 201, the first one and those of repetitions. */
  created: Answered['body'][]
  /** Body of each 200. */
  redeemed: Answered['body'][]
  /** Redemptions whose answer never came. */
  lostRedemptions: number
  isRevoked: boolean
  /** How long it was to work on when another secret replaced it, where the caller said so. */
  overlapMinutes: number | undefined
  /** Whether it was ended before that time: nobody can tell where that hangs on what came first. */
  isEnded: boolean | 'perhaps'
}

export const createHandOut = (kind: HandOut['kind']): HandOut => ({
  ...{ kind, created: [], redeemed: [], lostRedemptions: 0, isRevoked: false },
  ...{ overlapMinutes: undefined, isEnded: false },
})

/**
 * Whether PingFederate accepts a secret that was replaced, as documented: one that was redeemed works on unless the caller
 * says otherwise, and one that nobody has does not.
 */
export const isAlive = (handOut: HandOut): boolean | 'perhaps' => {
  const { overlapMinutes, isEnded, redeemed, lostRedemptions } = handOut
  if (isEnded === true) return false
  if (overlapMinutes === undefined && redeemed.length === 0) return lostRedemptions > 0 && 'perhaps'
  if (overlapMinutes === 0) return false
  return isEnded === 'perhaps' ? 'perhaps' : true
}

export const uses = ['redeem', 'keep', 'revoke', 'redeem and revoke'] as const
export const changes = [
  'rotate',
  'end former',
  'rotate while redeeming',
  'rotate while ending former',
  'patch',
  'declare',
  'switch off and on',
  'reconcile',
] as const

/** What a caller does with its client, one after the other. */
export type Step = (typeof uses)[number] | (typeof changes)[number] | 'retire'

/** What is changed of a client, as it is answered. */
export type Settings = { name: string; requirePkce: boolean; enabled: boolean }

/** One caller with its one client: what it set out to do, and everything it was answered. */
export type Story = {
  clientId: string
  key: string
  /** What it does once the client is made. */
  steps: Step[]
  /** Whether it lets others go first. */
  isLater: boolean
  /** The secret of the create and of each rotation, the one in force last. */
  handOuts: [HandOut, ...HandOut[]]
  /** What its client is by the last answer, and under which version. */
  settings: Settings
  version: number
  /** Revocations, and ends of former secrets, whose answer never came: they may still be done. */
  lostRevocations: number
  lostEnds: number
  /** Its client was deleted. */
  isRetired: boolean
  /** Another caller has the client id. */
  isRefused: boolean
  /** Links to operations that were to be waited for. */
  operations: string[]
  /** Answers that nobody should be given, whatever fails. */
  wrong: string[]
}

/** The story of that number before anything has happened; some want the client id of the one before. */
export const createStory = (number: number, random: Random): Story => {
  // Nobody else wants the id of one that is deleted, so that it is nobody's afterwards.
  const isLeaving = random.chance(0.15)
  const wanted = random.chance(0.1) && number > 0 ? number - 1 : number
  const clientId = isLeaving ? `leaving-${number}` : `client-${wanted}`
  return {
    clientId,
    settings: { name: clientId, requirePkce: false, enabled: true },
    version: 1,
    key: `key-of-the-story-${number}-${random.integer(2 ** 32)}`,
    steps: isLeaving ? [...chooseSteps(random), 'retire'] : chooseSteps(random),
    isLater: random.chance(0.3),
    handOuts: [createHandOut('create')],
    lostRevocations: 0,
    lostEnds: 0,
    isRetired: false,
    isRefused: false,
    operations: [],
    wrong: [],
  }
}

/** Most only use their secret, and half of those redeem it; the others change the client, up to four times. */
const chooseSteps = (random: Random): Step[] => {
  const use = (): Step => (random.chance(0.5) ? 'redeem' : random.pick(uses))
  const rounds = random.chance(0.3) ? random.between(1, 5) : 0
  return [use(), ...Array.from({ length: rounds }, () => [random.pick(changes), use()]).flat()]
}

/** The hand-out whose secret is in force. */
export const inForce = ({ handOuts }: Story): HandOut => handOuts.at(-1) ?? handOuts[0]

/** The hand-outs whose secrets have been replaced. */
export const formerOf = ({ handOuts }: Story): HandOut[] => handOuts.slice(0, -1)

/** Whether its caller was told that the client is there. */
export const isMade = ({ handOuts: [first] }: Story): boolean => first.created.length > 0

/** The token that was answered; undefined where it was none. */
export const tokenOf = ({ created }: Pick<HandOut, 'created'>): string | undefined => tokensOf(created)[0]

/** Every token that was answered, each once. */
export const tokensOf = (created: readonly Answered['body'][]): string[] => [
  ...new Set(created.flatMap(({ retrieval }) => (retrieval as { token: string | null }).token ?? [])),
]

export const pingAccessUrl = 'https://mypingaccessserver:3000'
