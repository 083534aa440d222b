import { prepareClients } from '../clients.ts'
import { ratio } from '../figures.ts'
import { type Case, runRounds, type Suite, toTable } from '../suite.ts'

/** For so many clients; the one that is found is far from the first, where a search without an index would begin. */
const queries: Record<string, (count: number) => string> = {
  'page in the middle': () => `cursor=${Buffer.from('client_000500').toString('base64url')}`,
  'search, many found': () => 'search=client_0005',
  'search, one found': count => `search=client_${String(count - 223).padStart(6, '0')}`,
}

/** Reading a page and searching among a hundred thousand clients of one team against among a thousand. */
export const lists: Suite = {
  name: 'lists',
  run: async (ground, options, say) => {
    const cases: Case[] = []
    for (const engine of ground.engines) {
      const startWith = async (count: number, label: string): Promise<Case[]> => {
        const env = ground.envWith(await engine.createDatabase())
        await prepareClients(env, count)
        const server = await ground.start({ name: `${count}-${engine.name}`, env })
        return Object.entries(queries).map(([name, query]) => ({
          name: `${name}, ${engine.name}, ${label}`,
          ...{ target: ground.targets.list(server, query(count)), server, connections: 1 },
        }))
      }
      const few = await startWith(1_000, '1,000')
      cases.push(...few, ...(await startWith(100_000, '100,000')), ...few)
    }
    const rounds = await runRounds(ground, cases, options)
    say(toTable(rounds))
    return ground.engines.flatMap(({ name: engine }) =>
      Object.keys(queries).map(name => ({
        what: `list, ${name}: time, 100,000 ÷ 1,000, ${engine}`,
        ...ratio(rounds, 'p50Ms', `${name}, ${engine}, 100,000`, `${name}, ${engine}, 1,000`),
        goal: { atMost: 1.5 },
      })),
    )
  },
}
