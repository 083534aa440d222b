import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cases, type Rounds, runCase } from './cases.ts'
import { report } from './report.ts'
import { setUp } from './set-up.ts'
import { measureStartUp } from './start-up.ts'

/*
 * npm run bench -- [--rounds 7] [--seconds 1.5] [--only create,redeem] [--profile folder]
 *
 * Measures the service against a bare Fastify route and against PingFederate called directly, all of them on this
 * machine, in short rounds that alternate, because only what was measured within the same seconds can be compared.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '1.5' },
    /** Cases by name, separated by commas; `bare` is always among them. */
    only: { type: 'string' },
    /** Folder for CPU profiles of the service. */
    profile: { type: 'string' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const only = values.only?.split(',')
const chosen = cases.filter(({ name }) => name === 'bare' || !only || only.includes(name))

/** More than a redeem uses up: half again what the fastest run of it has reached. */
const redeemsPerSecond = 15_000
const warmUpSeconds = 2

const say = (text: string) => process.stdout.write(`${text}\n`)

const folder = await mkdtemp(join(tmpdir(), 'bench-'))
try {
  const tokens = chosen.some(({ name }) => name === 'redeem')
    ? redeemsPerSecond * (warmUpSeconds + rounds * seconds)
    : 0
  const bench = await setUp({ folder, tokens, profile: values.profile })
  try {
    say(`Warming up, then ${rounds} rounds of ${chosen.length} cases, ${seconds} s each.`)
    for (const each of chosen) await runCase(bench, each, warmUpSeconds)
    const results: Rounds = []
    for (let round = 0; round < rounds; round += 1) {
      const result: Rounds[number] = {}
      // Every other round backwards, so that nothing gains from what always runs before it.
      for (const each of round % 2 === 0 ? chosen : chosen.toReversed())
        result[each.name] = [...(result[each.name] ?? []), await runCase(bench, each, seconds)]
      results.push(result)
    }
    // A database file serves one process.
    await bench.servers.service.stop()
    const startUp =
      only && !only.includes('start') ? [] : await measureStartUp({ env: bench.env, folder, times: 5 })
    say(report(results, startUp))
  } finally {
    await bench.stop()
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
