import { compare, ratio } from '../figures.ts'
import { measureStartUp } from '../start-up.ts'
import type { Suite } from '../suite.ts'

/** From exec to the first 200, as the image starts it, against a bare Fastify server. */
export const startUp: Suite = {
  name: 'start',
  run: async (ground, { rounds: times }) => {
    const envs: Record<string, Record<string, string>> = {}
    for (const { name, createDatabase } of ground.engines) envs[name] = ground.envWith(await createDatabase())
    const rounds = await measureStartUp({ envs, folder: ground.folder, times })
    return ground.engines.flatMap(({ name: engine }) => [
      {
        what: `exec to the first 200 (ms), ${engine}`,
        ...compare(rounds, of => of(engine, 'ms')),
        noise: [],
      },
      {
        what: `exec to the first 200 ÷ a bare Fastify server’s, ${engine}`,
        ...ratio(rounds, 'ms', engine, 'bare'),
        goal: { atMost: 3 },
      },
    ])
  },
}
