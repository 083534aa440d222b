import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Engine } from '../engines.ts'
import { median, type Round, ratio } from '../figures.ts'
import type { Ground } from '../ground.ts'
import type { Line } from '../report.ts'
import { prepareRetrievals } from '../retrievals.ts'
import {
  type Case,
  countRequests,
  type Options,
  type Result,
  runRounds,
  type Suite,
  toTable,
} from '../suite.ts'
import { toChanges } from './changes.ts'
import { redeemsPerSecond } from './floor.ts'

type Build = { label: string; file: string; prepare: typeof prepareRetrievals }

/** The service of a build, on a database of its own, with everything that is done to it. */
const startBuild = async (
  ground: Ground,
  engine: Engine,
  { label, file, prepare }: Build,
  options: Options,
): Promise<Case[]> => {
  const env = ground.envWith(await engine.createDatabase())
  const tokens = await prepare({ env, count: countRequests(redeemsPerSecond, options) })
  const server = await ground.start({ name: `${engine.name}-${label}`, file, env })
  const { targets } = ground
  return [
    { name: 'create', target: targets.create(server), server, connections: 50 },
    { name: 'redeem', target: targets.redeem(server, tokens), server, connections: 50 },
    ...(await toChanges(ground, server)),
  ]
}

/** One round with processes of its own, because two processes of one build can differ as two builds do. */
const runRound = async (
  ground: Ground,
  engine: Engine,
  builds: readonly Build[],
  options: Options,
): Promise<Round<Result>[]> => {
  const started: Case[][] = []
  for (const build of builds) {
    const cases = await startBuild(ground, engine, build, options)
    started.push(cases.map(each => ({ ...each, name: `${each.name}, ${build.label}` })))
  }
  const [first = []] = started
  const inTurn = first.flatMap((_, index) =>
    started.map(cases => cases[index]).filter(each => each !== undefined),
  )
  const rounds = await runRounds(ground, inTurn, options)
  await Promise.all(started.map(([each]) => each?.server.stop()))
  return rounds
}

/** All that is done to a client against another checkout of this service, such as the last version with its dependencies installed. */
export const toBaseline = (folder: string): Suite => ({
  name: 'baseline',
  run: async (ground, options, say) => {
    const inFolder = async () =>
      (await import(pathToFileURL(resolve(folder, 'test/bench/retrievals.ts')).href)) as {
        prepareRetrievals: typeof prepareRetrievals
      }
    const now = { label: 'now', file: '../../src/main.ts', prepare: prepareRetrievals }
    const before = {
      label: 'before',
      file: join(resolve(folder), 'src/main.ts'),
      prepare: (await inFolder()).prepareRetrievals,
    }
    const lines: Line[] = []
    for (const engine of ground.engines) {
      const rounds: Round<Result>[] = []
      while (rounds.length < options.rounds)
        rounds.push(...(await runRound(ground, engine, [before, now, before], { ...options, rounds: 1 })))
      say(`${engine.name}\n${toTable(rounds)}`)
      lines.push(...toLines(engine, rounds))
    }
    return lines
  },
})

const toLines = ({ name: engine }: Engine, rounds: readonly Round<Result>[]): Line[] =>
  Object.keys(rounds[0] ?? {})
    .filter(name => name.endsWith(', now'))
    .map(name => {
      const before = name.replace(/now$/, 'before')
      const cpu = median(ratio(rounds, 'cpuMicrosecondsPerRequest', name, before).values)
      return {
        what: `${name} ÷ before, ${engine}`,
        ...ratio(rounds, 'perSecond', name, before),
        goal: 'before',
        note: `CPU time × ${cpu.toFixed(2)}`,
      }
    })
