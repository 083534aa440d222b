import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgresServer } from '../database/postgres-server.ts'
import { createGround } from './ground.ts'
import { type Line, report } from './report.ts'
import type { Suite } from './suite.ts'
import { alternatives } from './suites/alternatives.ts'
import { toBaseline } from './suites/baseline.ts'
import { changes } from './suites/changes.ts'
import { direct } from './suites/direct.ts'
import { floor } from './suites/floor.ts'
import { lists } from './suites/lists.ts'
import { memory } from './suites/memory.ts'
import { outstanding } from './suites/outstanding.ts'
import { overload } from './suites/overload.ts'
import { slowSync } from './suites/slow-sync.ts'
import { startUp } from './suites/start-up.ts'

/*
 * npm run bench -- [--rounds 5] [--seconds 1.2] [--only floor,changes] [--memory-minutes 0.3] [--outstanding 100000]
 *   [--profile folder] [--baseline checkout]
 *
 * Measures the service on SQLite and PostgreSQL against a bare Fastify route, against PingFederate called directly and
 * against naive builds of the same, all of them on this machine. A suite that fails says so, and the others go on.
 *
 * Each figure is the median of the rounds. Behind it stands the factor by which it may differ without any change, from
 * the ratio of its baseline to itself, which every round measures twice. What lies nearer to a goal than that is `within
 * noise`, and beside another checkout `no change seen`. Two processes of one build can differ by more, which only
 * `baseline` counts in: it starts them anew in every round.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.2' },
    /** Suites by name, separated by commas. */
    only: { type: 'string' },
    /** How long memory is watched under load; the goal is about 10. */
    'memory-minutes': { type: 'string', default: '0.3' },
    /** Among how many retrievals one is redeemed; the goal is about 1,000,000. */
    outstanding: { type: 'string', default: '100000' },
    /** Another checkout of this service, ready to run, that this one is measured beside. */
    baseline: { type: 'string' },
    /** Folder for CPU profiles of the service. */
    profile: { type: 'string' },
  },
})
const options = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  memorySeconds: Number(values['memory-minutes']) * 60,
  outstanding: Number(values.outstanding),
}
const besides = values.baseline === undefined ? [] : [toBaseline(values.baseline)]
const suites = [
  ...besides,
  floor,
  direct,
  alternatives,
  changes,
  slowSync,
  outstanding,
  lists,
  overload,
  memory,
  startUp,
]
const only = values.only?.split(',')

const say = (text: string) => process.stdout.write(`${text}\n`)

const folder = await mkdtemp(join(tmpdir(), 'bench-'))
const postgres = await startPostgresServer()

/** On ground of its own: what one leaves behind disturbs no other. */
const runSuite = async (suite: Suite): Promise<Line[]> => {
  const begun = performance.now()
  const ground = await createGround({
    folder: await mkdtemp(join(folder, 'suite-')),
    postgres,
    profile: values.profile,
  })
  try {
    const found = await suite.run(ground, options, say)
    say(`\n${suite.name} (${Math.round((performance.now() - begun) / 1000)} s)\n${report(found)}\n`)
    return found
  } catch (error) {
    process.exitCode = 1
    say(`\n${suite.name} FAILED: ${error instanceof Error ? error.stack : error}\n`)
    return []
  } finally {
    await ground.stop()
  }
}

try {
  const lines: Line[] = []
  for (const suite of suites.filter(({ name }) => !only || only.includes(name)))
    lines.push(...(await runSuite(suite)))
  say(report(lines))
} finally {
  await postgres.remove()
  await rm(folder, { recursive: true, force: true })
}
