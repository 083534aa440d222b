import { spawnSync } from 'node:child_process'
import { execute } from '../../database/execute.ts'
import { type Engine, nameOf } from '../engines.ts'
import { ratio } from '../figures.ts'
import type { Ground } from '../ground.ts'
import type { Running } from '../processes.ts'
import { type Case, runRounds, type Suite, toTable } from '../suite.ts'

/** Holds up every sync by so many microseconds; `-D` makes Node.js the process that is started and stopped. */
const slowedBy = (microseconds: number): string[] => {
  const calls = 'fsync,fdatasync'
  const slow = `inject=${calls}:delay_exit=${microseconds}`
  return ['strace', '-D', '-f', '-qq', '--seccomp-bpf', '-e', `trace=${calls}`, '-e', slow, '-o', '/dev/null']
}

type Start = (ground: Ground, engine: Engine, microseconds: number) => Promise<Running>

const starts: Record<Engine['name'], Start> = {
  // Under strace even where it holds up nothing, because it costs as well.
  SQLite: (ground, engine, microseconds) =>
    ground.startService(engine, { name: `${microseconds}`, under: slowedBy(microseconds || 1) }),
  // PostgreSQL's own pause before a sync, which the commits that arrive meanwhile share.
  PostgreSQL: async (ground, engine, microseconds) => {
    const url = await engine.createDatabase()
    const set = `alter database "${nameOf(url)}" set`
    await execute(url, `${set} commit_delay = ${microseconds}; ${set} commit_siblings = 0`)
    return ground.start({ name: `${microseconds}-PostgreSQL`, env: ground.envWith(url) })
  },
}

/** What is left of create's throughput when each sync takes a millisecond longer. */
export const slowSync: Suite = {
  name: 'slow-sync',
  run: async (ground, options, say) => {
    const hasStrace = spawnSync('strace', ['-V']).error === undefined
    if (!hasStrace) say('slow-sync on SQLite left out: there is no strace.')
    const engines = ground.engines.filter(({ name }) => hasStrace || name !== 'SQLite')
    const cases: Case[] = []
    for (const engine of engines) {
      const startWith = async (microseconds: number, label: string): Promise<Case> => {
        const server = await starts[engine.name](ground, engine, microseconds)
        const name = `${label}, ${engine.name}`
        return { name, target: ground.targets.create(server), server, connections: 50 }
      }
      const usual = await startWith(0, 'create')
      cases.push(usual, await startWith(1_000, 'create, slow syncs'), usual)
    }
    const rounds = await runRounds(ground, cases, options)
    say(toTable(rounds))
    return engines.map(({ name: engine }) => ({
      what: `create kept when every sync takes 1 ms longer, ${engine}`,
      ...ratio(rounds, 'perSecond', `create, slow syncs, ${engine}`, `create, ${engine}`),
      goal: { atLeast: 0.8 },
    }))
  },
}
