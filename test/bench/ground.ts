import { join, resolve } from 'node:path'
import { createSandbox } from '../../src/sandbox/sandbox.ts'
import { audience, environment } from '../service.ts'
import { type Engine, type Postgres, useEngines } from './engines.ts'
import { type Running, start } from './processes.ts'
import { createTargets, recordAnswer } from './targets.ts'

/** What all suites stand on: an issuer, a PingFederate that answers as fast as it can, and a folder. */
export type Ground = {
  folder: string
  pingFederate: Running
  /** Those that every case is measured on. */
  engines: readonly Engine[]
  /** Environment of a service on this database; PingFederate is the fast one. */
  envWith: (databaseUrl: string) => Record<string, string>
  start: (options: StartOptions) => Promise<Running>
  /** The service on an empty database. */
  startService: (engine: Engine, options?: Partial<StartOptions>) => Promise<Running>
  targets: ReturnType<typeof createTargets>
  stop: () => Promise<void>
}

type StartOptions = {
  /** For its log. */
  name: string
  /** Relative to this folder; the service unless told otherwise. */
  file?: string
  env?: Record<string, string>
  under?: string[]
}

const caller = 'payments-pipeline'

type Options = { folder: string; postgres: Postgres; profile: string | undefined }

export const createGround = async ({ folder, postgres, profile }: Options): Promise<Ground> => {
  const sandbox = await createSandbox({ audience })
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : []
  const running: Running[] = []
  const startOne: Ground['start'] = async ({ name, file, env = {}, under = [] }) => {
    const started = await start({
      file: resolve(import.meta.dirname, file ?? '../../src/main.ts'),
      env,
      under,
      logPath: join(folder, `${running.length}-${name}.log`),
      execArgv: file ? [] : profiling,
    })
    running.push(started)
    return started
  }
  const pingFederate = await startOne({
    name: 'pingfederate',
    file: 'pingfederate.ts',
    env: { ANSWER_TO_CREATE: await recordAnswer(sandbox) },
  })
  const { engines, dropDatabases } = useEngines({ folder, postgres })
  const envWith: Ground['envWith'] = databaseUrl => ({
    ...environment(sandbox, ''),
    DATABASE_URL: databaseUrl,
    PINGFEDERATE_ADMIN_URL: pingFederate.url,
    // The bound is for PingFederate's sake; what is measured is the service.
    PINGFEDERATE_CONCURRENCY: '64',
    PINGFEDERATE_QUEUE: '256',
    // One caller makes all requests.
    RATE_LIMIT_PER_CALLER: '100000000',
    RATE_LIMIT_PER_TEAM: '100000000',
  })
  return {
    folder,
    engines,
    pingFederate,
    envWith,
    start: startOne,
    startService: async (engine, { name = 'service', env = {}, ...options } = {}) =>
      startOne({
        ...options,
        name: `${name}-${engine.name}`,
        env: { ...envWith(await engine.createDatabase()), ...env },
      }),
    targets: createTargets(sandbox, await sandbox.accessToken({ service: caller })),
    stop: async () => {
      await Promise.all(running.map(each => each.stop()))
      await sandbox.close()
      await dropDatabases()
    },
  }
}
