import { ratio, runRounds, type Suite, toTable } from '../suite.ts'

/** A create that is durable against a registration that is not. */
export const registration: Suite = {
  name: 'registration',
  run: async (ground, options, say) => {
    const provider = await ground.start({ name: 'registration', file: 'registration.ts' })
    const service = await ground.start({
      name: 'service',
      env: ground.envWith(`sqlite:${ground.path('service.db')}`),
    })
    const { targets } = ground
    const rounds = await runRounds(
      ground,
      [
        { name: 'create', target: targets.create(service), server: service, connections: 50 },
        { name: 'registration', target: targets.register(provider), server: provider, connections: 50 },
      ],
      options,
    )
    say(toTable(rounds))
    return [
      {
        what: "create ÷ oidc-provider's registration in memory",
        value: ratio(rounds, 'create', 'registration'),
        goal: { atLeast: 1.4 },
      },
    ]
  },
}
