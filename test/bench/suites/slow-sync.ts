import { spawnSync } from 'node:child_process'
import { ratio, runRounds, type Suite, toTable } from '../suite.ts'

/** Holds up every sync by so many microseconds; `-D` makes Node.js the process that is started and stopped. */
const slowedBy = (microseconds: number): string[] => {
  const calls = 'fsync,fdatasync'
  const slow = `inject=${calls}:delay_exit=${microseconds}`
  return ['strace', '-D', '-f', '-qq', '--seccomp-bpf', '-e', `trace=${calls}`, '-e', slow, '-o', '/dev/null']
}

/** What is left of create's throughput when each sync takes a millisecond longer; both under strace, because it costs as well. */
export const slowSync: Suite = {
  name: 'slow-sync',
  run: async (ground, options, say) => {
    if (spawnSync('strace', ['-V']).error) {
      say('slow-sync left out: there is no strace.')
      return []
    }
    const startWith = (name: string, microseconds: number) =>
      ground.start({
        name,
        env: ground.envWith(`sqlite:${ground.path(`${name}.db`)}`),
        under: slowedBy(microseconds),
      })
    const usual = await startWith('usual', 1)
    const slow = await startWith('slow', 1_000)
    const { targets } = ground
    const rounds = await runRounds(
      ground,
      [
        { name: 'create', target: targets.create(usual), server: usual, connections: 50 },
        { name: 'create, slow syncs', target: targets.create(slow), server: slow, connections: 50 },
      ],
      options,
    )
    say(toTable(rounds))
    return [
      {
        what: 'create kept when every sync takes 1 ms longer',
        value: ratio(rounds, 'create, slow syncs', 'create'),
        goal: { atLeast: 0.8 },
      },
    ]
  },
}
