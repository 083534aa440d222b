import { compare, ratio } from '../figures.ts'
import { type Case, runRounds, type Suite, toTable } from '../suite.ts'

/** Create against PingFederate called directly: when that takes a while, and one request after the other. */
export const direct: Suite = {
  name: 'direct',
  run: async (ground, options, say) => {
    const { targets, pingFederate } = ground
    const toCases = (name: string, target: Case['target'], server: Case['server']): Case[] => [
      { name: `${name}, 20 ms`, target, server, connections: 50, upstreamMs: 20 },
      { name: `${name}, one`, target, server, connections: 1 },
    ]
    const directly = toCases('direct', targets.direct(pingFederate), pingFederate)
    const services: Case[] = []
    for (const engine of ground.engines) {
      const service = await ground.startService(engine)
      services.push(...toCases(`create, ${engine.name}`, targets.create(service), service))
    }
    const rounds = await runRounds(ground, [...directly, ...services, ...directly], options)
    say(toTable(rounds))
    return ground.engines.flatMap(({ name: engine }) => [
      {
        what: `create ÷ direct, PingFederate taking 20 ms, ${engine}`,
        ...ratio(rounds, 'perSecond', `create, ${engine}, 20 ms`, 'direct, 20 ms'),
        goal: { atLeast: 0.85 },
      },
      {
        what: `create, one connection, added p50 (ms), ${engine}`,
        ...compare(rounds, of => of(`create, ${engine}, one`, 'p50Ms') - of('direct, one', 'p50Ms')),
        goal: { atMost: 1 },
      },
    ])
  },
}
