import { prepareRetrievals } from '../retrievals.ts'
import { type Case, compare, median, ratio, runRounds, type Suite, toTable } from '../suite.ts'

/** More than a redeem uses up: half again what the fastest run of it has reached. */
const redeemsPerSecond = 12_000

/** Create and redeem against the floor, the direct call, and the same built without measuring. */
export const sqlite: Suite = {
  name: 'sqlite',
  run: async (ground, options, say) => {
    const { targets, pingFederate } = ground
    const databasePath = ground.path('service.db')
    const env = ground.envWith(`sqlite:${databasePath}`)
    const tokens = await prepareRetrievals({
      env,
      count: redeemsPerSecond * (1.5 + options.rounds * options.seconds),
    })
    const bare = await ground.start({ name: 'bare', file: 'bare.ts' })
    const service = await ground.start({ name: 'service', env })
    const naive = await ground.start({
      name: 'naive',
      file: 'naive.ts',
      env: ground.envWith(`sqlite:${ground.path('naive.db')}`),
    })
    const create = { target: targets.create(service), server: service }
    const direct = { target: targets.direct(pingFederate), server: pingFederate }
    const floor: Case = { name: 'bare', target: targets.create(bare), server: bare, connections: 50 }
    const cases: Case[] = [
      floor,
      { name: 'create', ...create, connections: 50 },
      { name: 'redeem', target: targets.redeem(service, tokens), server: service, connections: 50 },
      floor,
      { name: 'naive', target: targets.create(naive), server: naive, connections: 50 },
      { name: 'direct, 20 ms', ...direct, connections: 50, upstreamMs: 20 },
      { name: 'create, 20 ms', ...create, connections: 50, upstreamMs: 20 },
      { name: 'direct, one', ...direct, connections: 1 },
      { name: 'create, one', ...create, connections: 1 },
    ]
    const rounds = await runRounds(ground, cases, options)
    say(toTable(rounds))
    const noise = rounds.map(({ bare }) => (bare?.[0]?.perSecond ?? 0) / (bare?.[1]?.perSecond ?? 1))
    return [
      {
        what: 'bare ÷ bare route (noise)',
        value: median(noise),
        note: `${Math.min(...noise).toFixed(2)}–${Math.max(...noise).toFixed(2)}`,
      },
      { what: 'create ÷ bare route', value: ratio(rounds, 'create', 'bare'), goal: { atLeast: 0.25 } },
      { what: 'redeem ÷ bare route', value: ratio(rounds, 'redeem', 'bare'), goal: { atLeast: 0.8 } },
      { what: 'create ÷ naive build of it', value: ratio(rounds, 'create', 'naive'), goal: { atLeast: 7 } },
      {
        what: 'create ÷ direct, PingFederate taking 20 ms',
        value: ratio(rounds, 'create, 20 ms', 'direct, 20 ms'),
        goal: { atLeast: 0.9 },
      },
      {
        what: 'create, one connection, added p50 (ms)',
        value: compare(rounds, of => of('create, one', 'p50Ms') - of('direct, one', 'p50Ms')),
        goal: { atMost: 1 },
      },
    ]
  },
}
