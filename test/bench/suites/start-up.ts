import { measureStartUp } from '../start-up.ts'
import { median, type Suite } from '../suite.ts'

/** From start to listening, as the image starts it, against the same compiled to JavaScript. */
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
        what: 'start to listening (ms)',
        value: median(durations.map(({ source }) => source)),
        goal: { atMost: 450 },
      },
      {
        what: 'start ÷ the same as JavaScript',
        value: median(durations.map(({ source, compiled }) => source / compiled)),
        goal: { atMost: 0.85 },
      },
    ]
  },
}
