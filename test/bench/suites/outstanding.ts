import { prepareRetrievals } from '../retrievals.ts'
import { ratio, runRounds, type Suite, toTable } from '../suite.ts'

const redeemsPerSecond = 12_000

/** Redeeming among a million outstanding retrievals against among a thousand. */
export const outstanding: Suite = {
  name: 'outstanding',
  run: async (ground, options, say) => {
    const startWith = async (others: number) => {
      const databaseUrl = `sqlite:${ground.path(`${others}.db`)}`
      const env = ground.envWith(databaseUrl)
      const tokens = await prepareRetrievals({
        env,
        count: redeemsPerSecond * (1.5 + options.rounds * options.seconds),
        others,
      })
      const server = await ground.start({ name: `${others}`, env })
      return { target: ground.targets.redeem(server, tokens), server }
    }
    const few = await startWith(1_000)
    const many = await startWith(1_000_000)
    const rounds = await runRounds(
      ground,
      [
        { name: 'redeem, 1,000', ...few, connections: 50 },
        { name: 'redeem, 1,000,000', ...many, connections: 50 },
      ],
      options,
    )
    say(toTable(rounds))
    return [
      {
        what: 'redeem with 1,000,000 outstanding ÷ with 1,000',
        value: ratio(rounds, 'redeem, 1,000,000', 'redeem, 1,000'),
        goal: { atLeast: 0.9 },
      },
    ]
  },
}
