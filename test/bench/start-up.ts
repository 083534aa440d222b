import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildBundle } from './bundle.ts'
import { start } from './processes.ts'

type Options = { env: Record<string, string>; folder: string; times: number }

const live = '/health/live'

/**
 * Milliseconds from exec to the first 200, of what the image runs and of a bare Fastify server, in alternation, each with
 * what Node.js has compiled before.
 */
export const measureStartUp = async ({ env, folder, times }: Options) => {
  const cache = { NODE_COMPILE_CACHE: join(folder, 'compile-cache') }
  const service = buildBundle()
  const bare = join(import.meta.dirname, 'bare-live.ts')
  // As the image is built: without its configuration the service ends by itself, and only then the cache is written.
  spawnSync(process.execPath, [service], { env: { NODE_ENV: 'production', ...cache } })
  const time = async (file: string, own: Record<string, string>): Promise<number> => {
    const begun = performance.now()
    const running = await start({ file, env: { ...own, ...cache }, logPath: join(folder, 'start-up.log') })
    const { status } = await fetch(running.url + live)
    const ms = performance.now() - begun
    await running.stop()
    if (status !== 200) throw new Error(`${file} answered ${status}.`)
    return ms
  }
  await time(bare, {})
  const durations: { service: number; bare: number }[] = []
  for (let round = 0; round < times; round += 1)
    durations.push({ service: await time(service, env), bare: await time(bare, {}) })
  return durations
}
