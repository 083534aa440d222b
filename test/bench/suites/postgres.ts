import { startPostgresServer } from '../../database/postgres-server.ts'
import { prepareRetrievals } from '../retrievals.ts'
import { ratio, runRounds, type Suite, toTable } from '../suite.ts'

const redeemsPerSecond = 6_000

/** The same on PostgreSQL, which shares this machine with what is measured. */
export const postgres: Suite = {
  name: 'postgres',
  run: async (ground, options, say) => {
    const server = await startPostgresServer()
    try {
      const databaseUrl = await server.createDatabase()
      const env = ground.envWith(databaseUrl)
      const tokens = await prepareRetrievals({
        env,
        count: redeemsPerSecond * (1.5 + options.rounds * options.seconds),
      })
      const bare = await ground.start({ name: 'bare', file: 'bare.ts' })
      const service = await ground.start({ name: 'service', env })
      const { targets } = ground
      const rounds = await runRounds(
        ground,
        [
          { name: 'bare', target: targets.create(bare), server: bare, connections: 50 },
          { name: 'create', target: targets.create(service), server: service, connections: 50 },
          { name: 'redeem', target: targets.redeem(service, tokens), server: service, connections: 50 },
        ],
        options,
      )
      say(toTable(rounds))
      await service.stop()
      return [
        {
          what: 'create ÷ bare route, PostgreSQL',
          value: ratio(rounds, 'create', 'bare'),
          goal: { atLeast: 0.2 },
        },
        {
          what: 'redeem ÷ bare route, PostgreSQL',
          value: ratio(rounds, 'redeem', 'bare'),
          goal: { atLeast: 0.35 },
        },
      ]
    } finally {
      await server.remove()
    }
  },
}
