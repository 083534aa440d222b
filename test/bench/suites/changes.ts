import { ratio } from '../figures.ts'
import type { Ground } from '../ground.ts'
import { load } from '../load.ts'
import type { Running } from '../processes.ts'
import { type Case, runRounds, type Suite, toTable } from '../suite.ts'
import type { Change } from '../targets.ts'

const connections = 50
const clientsPerConnection = 4

/** What is done with clients that there are, with the longest it may take, a create taking 1. */
const kinds: Record<string, { atMost: number; change: Omit<Change, 'clientIds'> }> = {
  rotate: {
    atMost: 1.5,
    change: {
      ...{ method: 'POST', status: 201 },
      toPath: id => `/web-session-clients/${id}/secret-rotations`,
      toBody: () => ({}),
    },
  },
  PATCH: {
    atMost: 1.5,
    change: {
      ...{ method: 'PATCH', status: 200 },
      toPath: id => `/web-session-clients/${id}`,
      toBody: count => ({ description: `The ${count}th change` }),
    },
  },
  'ensure without a change': {
    atMost: 0.5,
    change: {
      ...{ method: 'PUT', status: 200 },
      toPath: id => `/web-session-clients/${id}`,
      toBody: () => ({ pingAccessUrls: ['https://mypingaccessserver:3000'] }),
    },
  },
}

/** Those that each connection changes. */
const makeClients = async ({ targets }: Ground, server: Running): Promise<Change['clientIds']> => {
  const clientIds = Array.from({ length: connections }, () =>
    Array.from({ length: clientsPerConnection }, targets.newId),
  )
  await load(targets.create(server, clientIds.flat().values()), connections, Number.POSITIVE_INFINITY)
  return clientIds
}

/** Each of the changes of a service, on clients of its own. */
export const toChanges = (ground: Ground, server: Running): Promise<Case[]> =>
  Promise.all(
    Object.entries(kinds).map(async ([name, { change }]): Promise<Case> => {
      const clientIds = await makeClients(ground, server)
      return { name, target: ground.targets.change(server, { ...change, clientIds }), server, connections }
    }),
  )

/** Rotating, changing and ensuring against creating: how long each takes. */
export const changes: Suite = {
  name: 'changes',
  run: async (ground, options, say) => {
    const cases: Case[] = []
    for (const engine of ground.engines) {
      const server = await ground.startService(engine)
      const create: Case = { name: 'create', target: ground.targets.create(server), server, connections }
      const onEngine = [create, ...(await toChanges(ground, server))].map(each => ({
        ...each,
        name: `${each.name}, ${engine.name}`,
      }))
      cases.push(...onEngine, ...onEngine.slice(0, 1))
    }
    const rounds = await runRounds(ground, cases, options)
    say(toTable(rounds))
    return ground.engines.flatMap(({ name: engine }) =>
      Object.entries(kinds).map(([name, { atMost }]) => ({
        what: `${name} ÷ create (time), ${engine}`,
        ...ratio(rounds, 'p50Ms', `${name}, ${engine}`, `create, ${engine}`),
        goal: { atMost },
      })),
    )
  },
}
