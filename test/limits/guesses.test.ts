import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import Fastify from 'fastify'
import { createGuesses } from '../../src/limits/guesses.ts'
import { createRateLimiter } from '../../src/limits/rate-limiter.ts'
import { countUnknownTokens, createRateLimits } from '../../src/limits/rate-limits.ts'
import type { Principal } from '../../src/principal.ts'
import { Problem } from '../../src/problem.ts'

const start = (perMinute: number) => {
  const clock = { at: 1_000_000 }
  const create = () => createRateLimiter({ maxKeys: 10, now: () => clock.at })
  return { clock, plain: create(), ...createGuesses(create(), perMinute) }
}

/** Guesses of two callers that begin, end right or wrong in any order, and wait. */
const steps = fc.array(
  fc.record({
    key: fc.constantFrom('ana', 'ben'),
    ends: fc.integer({ min: 0, max: 3 }),
    isWrong: fc.boolean(),
    waitMs: fc.constantFrom(0, 0, 0, 1, 900, 20_000, 70_000),
  }),
  { maxLength: 200 },
)

/** Guesses beside a limiter that is charged with the wrong ones only. */
const startCompared = (perMinute: number) => {
  const { clock, plain, look, begin, inProgress } = start(perMinute)
  const open: { key: string; end: ReturnType<typeof begin> }[] = []
  const beginIfAdmitted = (key: string): void => {
    if (look(key).remaining >= 1) open.push({ key, end: begin(key) })
    assert.equal(inProgress(), open.length)
  }
  const endFirst = (isWrong: boolean): void => {
    const first = open.shift()
    first?.end(isWrong)
    if (first && isWrong) plain.charge(first.key, perMinute)
  }
  return { clock, plain, look, inProgress, open, beginIfAdmitted, endFirst }
}

test('whatever begins and ends, in any order: none is in progress at the end, and only wrong ones are counted', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), steps, (perMinute, all) => {
      const { clock, plain, look, inProgress, open, beginIfAdmitted, endFirst } = startCompared(perMinute)
      for (const { key, ends, isWrong, waitMs } of all) {
        clock.at += waitMs
        beginIfAdmitted(key)
        for (let ended = 0; ended < ends; ended += 1) endFirst(isWrong)
      }
      while (open.length > 0) endFirst(open.length % 2 === 0)
      assert.equal(inProgress(), 0)
      for (const key of ['ana', 'ben']) {
        const { isSpent, ...quota } = look(key)
        assert.deepEqual(quota, plain.look(key, perMinute))
        assert.equal(isSpent, quota.remaining < 1)
      }
    }),
  )
})

test('never more wrong ones than the limit and what comes back meanwhile, however many begin at once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), steps, (perMinute, all) => {
      const { clock, look, begin } = start(perMinute)
      const began = clock.at
      const open: ReturnType<typeof begin>[] = []
      let wrong = 0
      for (const { ends, waitMs } of all) {
        clock.at += waitMs
        while (look('ana').remaining >= 1) open.push(begin('ana'))
        for (const end of open.splice(0, ends)) {
          end(true)
          wrong += 1
        }
        assert.ok(wrong <= perMinute * (1 + (clock.at - began) / 60_000) + 1e-3)
      }
    }),
  )
})

test('a guess that ends twice is a defect, and nothing is given back twice', () => {
  const { begin, inProgress } = start(5)
  const [end] = [begin('ana'), begin('ana')]
  end(false)
  assert.throws(() => end(false), /ended twice/)
  assert.equal(inProgress(), 1)
})

const principal: Principal = {
  ...{ subject: 'ana', clientId: undefined, actingParties: [], teams: [] },
  scopes: new Set(),
}

/** What a handler makes of a token. */
const endings: Record<string, () => unknown> = {
  found: () => ({}),
  wrong: () => Promise.reject(new Problem('retrieval_not_found', 'No.')),
  redeemed: () => Promise.reject(new Problem('retrieval_redeemed', 'No.')),
  defect: () => {
    throw new Error('planted')
  },
}

/** A route that ends as it is told, a turn later, and the limits it counts for. */
const createGuessed = (unknownTokens: number) => {
  const limits = createRateLimits({
    limits: { perCaller: 1e6, perTeam: 1e6, perAddress: 1e6, unknownTokens },
    findTeamLimit: () => undefined,
    now: () => 0,
  })
  const app = Fastify()
  app.decorateRequest('principal', null)
  app.addHook('onRequest', async request => {
    request.principal = principal
  })
  countUnknownTokens(app, limits)
  const config = { scope: 'secrets:redeem' as const }
  app.get<{ Params: { ending: string } }>('/:ending', { config }, async ({ params }) => {
    await new Promise(setImmediate)
    return endings[params.ending]?.()
  })
  const send = async (ending: string) => (await app.inject(`/${ending}`)).statusCode
  return { limits, send }
}

const admits = ({ beginGuess }: ReturnType<typeof createRateLimits>): boolean => {
  try {
    beginGuess(principal)
    return true
  } catch {
    return false
  }
}

test('however many requests are answered at once, and however: what is left is the limit less the wrong ones', async () => {
  const sent = fc.array(fc.constantFrom(...Object.keys(endings)), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), sent, async (limit, all) => {
      const { limits, send } = createGuessed(limit)
      await Promise.all(all.map(send))
      // Those beyond the limit were refused before their handler.
      const wrong = all.slice(0, limit).filter(ending => ending === 'wrong').length
      for (let left = limit - wrong; left > 0; left -= 1) assert.ok(admits(limits))
      assert.ok(!admits(limits))
    }),
    { numRuns: 50 },
  )
})
