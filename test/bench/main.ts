import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createGround } from './ground.ts'
import { report } from './report.ts'
import type { Line } from './suite.ts'
import { toBaseline } from './suites/baseline.ts'
import { lists } from './suites/lists.ts'
import { memory } from './suites/memory.ts'
import { outstanding } from './suites/outstanding.ts'
import { overload } from './suites/overload.ts'
import { postgres } from './suites/postgres.ts'
import { registration } from './suites/registration.ts'
import { slowSync } from './suites/slow-sync.ts'
import { sqlite } from './suites/sqlite.ts'
import { startUp } from './suites/start-up.ts'

/*
 * npm run bench -- [--rounds 5] [--seconds 1.2] [--only sqlite,postgres] [--memory-minutes 0.3] [--profile folder]
 *   [--baseline checkout]
 *
 * Measures the service against a bare Fastify route, against PingFederate called directly and against naive builds of
 * the same, all of them on this machine. A suite that fails says so, and the others go on.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1.2' },
    /** Suites by name, separated by commas. */
    only: { type: 'string' },
    /** How long memory is watched under load; the goal is about 10. */
    'memory-minutes': { type: 'string', default: '0.3' },
    /** Another checkout of this service, ready to run, that create and redeem are measured beside. */
    baseline: { type: 'string' },
    /** Folder for CPU profiles of the service. */
    profile: { type: 'string' },
  },
})
const options = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  memorySeconds: Number(values['memory-minutes']) * 60,
}
const besides = values.baseline === undefined ? [] : [toBaseline(values.baseline)]
const suites = [
  ...besides,
  sqlite,
  postgres,
  registration,
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
const lines: Line[] = []
for (const suite of suites.filter(({ name }) => !only || only.includes(name))) {
  const begun = performance.now()
  // Each on ground of its own: what one leaves behind disturbs no other.
  const ground = await createGround({
    folder: await mkdtemp(join(folder, 'suite-')),
    profile: values.profile,
  })
  try {
    const found = await suite.run(ground, options, say)
    lines.push(...found)
    say(`\n${suite.name} (${Math.round((performance.now() - begun) / 1000)} s)\n${report(found)}\n`)
  } catch (error) {
    process.exitCode = 1
    say(`\n${suite.name} FAILED: ${error instanceof Error ? error.stack : error}\n`)
  } finally {
    await ground.stop()
  }
}
await rm(folder, { recursive: true, force: true })
say(report(lines))
