import { ratio } from '../figures.ts'
import { prepareRetrievals } from '../retrievals.ts'
import { type Case, countRequests, runRounds, type Suite, toTable } from '../suite.ts'
import { redeemsPerSecond } from './floor.ts'

/** Redeeming among very many outstanding retrievals against among a thousand. */
export const outstanding: Suite = {
  name: 'outstanding',
  run: async (ground, options, say) => {
    const very = options.outstanding.toLocaleString('en')
    const cases: Case[] = []
    for (const engine of ground.engines) {
      const startWith = async (others: number, label: string): Promise<Case> => {
        const env = ground.envWith(await engine.createDatabase())
        const tokens = await prepareRetrievals({
          env,
          count: countRequests(redeemsPerSecond, options),
          others,
        })
        const server = await ground.start({ name: `${others}-${engine.name}`, env })
        const target = ground.targets.redeem(server, tokens)
        return { name: `redeem, ${engine.name}, ${label}`, target, server, connections: 50 }
      }
      const few = await startWith(1_000, '1,000')
      cases.push(few, await startWith(options.outstanding, very), few)
    }
    const rounds = await runRounds(ground, cases, options)
    say(toTable(rounds))
    return ground.engines.map(({ name: engine }) => ({
      what: `redeem with ${very} outstanding ÷ with 1,000, ${engine}`,
      ...ratio(rounds, 'perSecond', `redeem, ${engine}, ${very}`, `redeem, ${engine}, 1,000`),
      goal: { atLeast: 0.9 },
    }))
  },
}
