import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { start } from './processes.ts'

const root = join(import.meta.dirname, '../..')

type Options = { env: Record<string, string>; folder: string; times: number }

/**
 * Milliseconds from start to listening, as the image starts it, with what Node.js has compiled before, and compiled to
 * JavaScript, in alternation.
 */
export const measureStartUp = async ({ env, folder, times }: Options) => {
  const compiled = compile(folder)
  const source = join(root, 'src/main.ts')
  const durations: { source: number; compiled: number }[] = []
  const time = async (file: string, compileCache: string): Promise<number> => {
    const service = await start({
      file,
      env: { ...env, NODE_COMPILE_CACHE: compileCache },
      logPath: join(folder, 'start-up.log'),
    })
    await service.stop()
    return service.startMs
  }
  const cache = join(folder, 'compile-cache')
  // As the image is built: without its configuration the service ends by itself, and only then the cache is written.
  spawnSync(process.execPath, [source], { env: { NODE_ENV: 'production', NODE_COMPILE_CACHE: cache } })
  for (let round = 0; round < times; round += 1)
    durations.push({ source: await time(source, cache), compiled: await time(compiled, '') })
  return durations
}

/** The service as JavaScript, beside the same node_modules. */
const compile = (folder: string): string => {
  const target = join(folder, 'compiled')
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target)
  const options = ['--noEmit', 'false', '--rewriteRelativeImportExtensions', '--outDir', target]
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root, ...options])
  for (const shared of ['node_modules', 'package.json', 'openapi'])
    symlinkSync(join(root, shared), join(target, shared))
  return join(target, 'src/main.js')
}
