import { ratio } from '../figures.ts'
import { type Case, runRounds, type Suite, toTable } from '../suite.ts'

/** A create against the same built without measuring, and against a registration that is not durable. */
export const alternatives: Suite = {
  name: 'alternatives',
  run: async (ground, options, say) => {
    const { targets } = ground
    const provider = await ground.start({ name: 'registration', file: 'registration.ts' })
    const others: Case[] = [
      { name: 'registration', target: targets.register(provider), server: provider, connections: 50 },
    ]
    const services: Case[] = []
    for (const engine of ground.engines) {
      const service = await ground.startService(engine)
      const naive = await ground.startService(engine, { name: 'naive', file: 'naive.ts' })
      const toCase = (name: string, server: Case['server']): Case => ({
        name: `${name}, ${engine.name}`,
        ...{ target: targets.create(server), server, connections: 50 },
      })
      services.push(toCase('create', service))
      others.push(toCase('naive', naive))
    }
    const rounds = await runRounds(ground, [...others, ...services, ...others], options)
    say(toTable(rounds))
    return ground.engines.flatMap(({ name: engine }) => [
      {
        what: `create ÷ naive build of it, ${engine}`,
        ...ratio(rounds, 'perSecond', `create, ${engine}`, `naive, ${engine}`),
        goal: { atLeast: 7 },
      },
      {
        what: `create, ${engine} ÷ oidc-provider's registration in memory`,
        ...ratio(rounds, 'perSecond', `create, ${engine}`, 'registration'),
        goal: { atLeast: 1 },
      },
    ])
  },
}
