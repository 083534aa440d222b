import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startPostgresServer } from '../../database/postgres-server.ts'
import type { Ground } from '../ground.ts'
import { prepareRetrievals } from '../retrievals.ts'
import { type Case, type Line, ratio, runRounds, type Suite, toTable } from '../suite.ts'

/** More than a redeem uses up on either engine. */
const redeemsPerSecond = 12_000

/** Create and redeem against another checkout of this service, such as the last version with its dependencies installed. */
export const toBaseline = (folder: string): Suite => ({
  name: 'baseline',
  run: async (ground, options, say) => {
    const { prepareRetrievals: prepareInBaseline } = (await import(
      pathToFileURL(resolve(folder, 'test/bench/retrievals.ts')).href
    )) as { prepareRetrievals: typeof prepareRetrievals }
    const count = redeemsPerSecond * (1.5 + options.rounds * options.seconds)
    const compareOn = async (engine: string, createDatabase: () => Promise<string>): Promise<Line[]> => {
      const start = async (
        build: string,
        file: string,
        prepare: typeof prepareRetrievals,
      ): Promise<Case[]> => {
        const env = ground.envWith(await createDatabase())
        const tokens = await prepare({ env, count })
        return toCases(ground, {
          build,
          tokens,
          server: await ground.start({ name: `${engine}-${build}`, file, env }),
        })
      }
      const cases = [
        ...(await start('now', '../../src/main.ts', prepareRetrievals)),
        ...(await start('before', join(resolve(folder), 'src/main.ts'), prepareInBaseline)),
      ]
      const rounds = await runRounds(ground, cases, options)
      say(`${engine}\n${toTable(rounds)}`)
      await Promise.all(cases.map(({ server }) => server.stop()))
      return ['create', 'redeem'].map(what => ({
        what: `${what} ÷ ${what} of the baseline, ${engine}`,
        value: ratio(rounds, `${what}, now`, `${what}, before`),
        goal: { atLeast: 1 },
      }))
    }
    let files = 0
    const onSqlite = await compareOn('SQLite', async () => `sqlite:${ground.path(`${files++}.db`)}`)
    const server = await startPostgresServer()
    try {
      return [...onSqlite, ...(await compareOn('PostgreSQL', () => server.createDatabase()))]
    } finally {
      await server.remove()
    }
  },
})

type Build = { build: string; tokens: readonly string[]; server: Case['server'] }

const toCases = ({ targets }: Ground, { build, tokens, server }: Build): Case[] => [
  { name: `create, ${build}`, target: targets.create(server), server, connections: 50 },
  { name: `redeem, ${build}`, target: targets.redeem(server, tokens), server, connections: 50 },
]
