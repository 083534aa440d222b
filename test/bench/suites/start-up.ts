import { measureStartUp } from '../start-up.ts'
import { median, type Suite } from '../suite.ts'

/** From exec to the first 200, as the image starts it, against a bare Fastify server. */
export const startUp: Suite = {
  name: 'start',
  run: async (ground, { rounds }) => {
    const durations = await measureStartUp({
      env: ground.envWith(`sqlite:${ground.path('service.db')}`),
      folder: ground.folder,
      times: rounds,
    })
    return [
      {
        what: 'exec to the first 200 (ms)',
        value: median(durations.map(({ service }) => service)),
      },
      {
        what: 'exec to the first 200 ÷ a bare Fastify server’s',
        value: median(durations.map(({ service, bare }) => service / bare)),
        goal: { atMost: 3 },
      },
    ]
  },
}
