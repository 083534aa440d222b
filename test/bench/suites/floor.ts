import type { Engine } from '../engines.ts'
import { type Figure, ratio } from '../figures.ts'
import type { Ground } from '../ground.ts'
import type { Line } from '../report.ts'
import { prepareRetrievals } from '../retrievals.ts'
import { type Case, countRequests, type Options, runRounds, type Suite, toTable } from '../suite.ts'

/** More than a redeem uses up: half again what the fastest run of it has reached. */
export const redeemsPerSecond = 12_000

const goals = {
  SQLite: { create: 0.1, redeem: 0.22 },
  PostgreSQL: { create: 0.09, redeem: 0.2 },
}

const startOn = async (ground: Ground, engine: Engine, options: Options): Promise<Case[]> => {
  const env = ground.envWith(await engine.createDatabase())
  const tokens = await prepareRetrievals({ env, count: countRequests(redeemsPerSecond, options) })
  const server = await ground.start({ name: `service-${engine.name}`, env })
  const { targets } = ground
  return [
    { name: `create, ${engine.name}`, target: targets.create(server), server, connections: 50 },
    { name: `redeem, ${engine.name}`, target: targets.redeem(server, tokens), server, connections: 50 },
  ]
}

/** Create and redeem on both engines against a route that does nothing, and against each other. */
export const floor: Suite = {
  name: 'floor',
  run: async (ground, options, say) => {
    const server = await ground.start({ name: 'bare', file: 'bare.ts' })
    const bare: Case = { name: 'bare', target: ground.targets.create(server), server, connections: 50 }
    const services: Case[] = []
    for (const engine of ground.engines) services.push(...(await startOn(ground, engine, options)))
    const onSqlite = services.filter(({ name }) => name.endsWith('SQLite'))
    const rounds = await runRounds(ground, [bare, ...services, ...onSqlite, bare], options)
    say(toTable(rounds))
    const toLine = (what: string, figure: Figure, atLeast: number): Line => ({
      ...{ what, ...figure },
      goal: { atLeast },
    })
    const kinds = ['create', 'redeem'] as const
    const onEngines = ground.engines.flatMap(({ name: engine }) =>
      kinds.map(kind => {
        const name = `${kind}, ${engine}`
        const figure = ratio(rounds, 'perSecond', name, 'bare')
        return toLine(`${kind} ÷ bare route, ${engine}`, figure, goals[engine][kind])
      }),
    )
    const between = kinds.map(kind => {
      const figure = ratio(rounds, 'perSecond', `${kind}, PostgreSQL`, `${kind}, SQLite`)
      return toLine(`${kind}, PostgreSQL ÷ SQLite`, figure, 0.8)
    })
    return [...onEngines, ...between]
  },
}
