import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildBundle } from './bundle.ts'
import type { Round } from './figures.ts'
import { start } from './processes.ts'

type Options = { envs: Record<string, Record<string, string>>; folder: string; times: number }

const live = '/health/live'

/**
 * Milliseconds from exec to the first 200, of what the image runs with each environment and of a bare Fastify server
 * (`bare`), in alternation, each with what Node.js has compiled before.
 */
export const measureStartUp = async ({ envs, folder, times }: Options): Promise<Round<{ ms: number }>[]> => {
  const cache = { NODE_COMPILE_CACHE: join(folder, 'compile-cache') }
  const service = buildBundle()
  const bare = join(import.meta.dirname, 'bare-live.ts')
  // As the image is built: without its configuration the service ends by itself, and only then the cache is written.
  spawnSync(process.execPath, [service], { env: { NODE_ENV: 'production', ...cache } })
  const time = async (file: string, own: Record<string, string> = {}): Promise<{ ms: number }> => {
    const begun = performance.now()
    const running = await start({ file, env: { ...own, ...cache }, logPath: join(folder, 'start-up.log') })
    const { status } = await fetch(running.url + live)
    const ms = performance.now() - begun
    await running.stop()
    if (status !== 200) throw new Error(`${file} answered ${status}.`)
    return { ms }
  }
  // The first starts write the compile cache of one and the schemas of the others.
  await time(bare)
  for (const env of Object.values(envs)) await time(service, env)
  const rounds: Round<{ ms: number }>[] = []
  for (let count = 0; count < times; count += 1) {
    const round: Round<{ ms: number }> = {}
    const first = await time(bare)
    for (const [name, env] of Object.entries(envs)) round[name] = [await time(service, env)]
    rounds.push({ ...round, bare: [first, await time(bare)] })
  }
  return rounds
}
