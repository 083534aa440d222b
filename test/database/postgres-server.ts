import { execFile } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { execute } from './execute.ts'
import { createServerProcess, deadlineMs, environment, type Place, startOnPort } from './postgres-process.ts'
import { type Account, findAccount, preparePrograms } from './postgres-programs.ts'

export type Databases = {
  /** Makes an empty database and gives its URL. With a test, another test may have it when that one has ended. */
  createDatabase: (t?: TestContext) => Promise<string>
}

export type PostgresServer = Databases & {
  /** Ends the server as a crash does: no check point, connections broken. */
  crash: () => Promise<void>
  /** Starts it again, on the same port. */
  start: () => Promise<void>
  /** What the server has written to its log. */
  log: () => string
}

/** How the processes of one run know the server that they share. */
const variable = 'TEST_POSTGRES_URL'

/** The server that all test processes started from now on share; resolves to what ends and removes it. */
export const sharePostgresServer = async (): Promise<() => Promise<void>> => {
  // Two processes of tests run at once, each with several replicas, and nothing has to survive a power loss.
  const server = await startPostgresServer({ settings: ['max_connections=200', 'fsync=off'] })
  process.env[variable] = server.toUrl('postgres')
  return server.remove
}

/**
 * Databases on the server that the tests of a run share, dropped after the file's last test. Without a shared one, as
 * where a file is run by itself, the file has a server of its own.
 */
export const usePostgresServer = (): Databases => {
  const url = process.env[variable]
  if (url === undefined) return useOwnPostgresServer()
  const databases: string[] = []
  after(async () => {
    for (const name of databases) await execute(url, `drop database "${name}" with (force)`)
  })
  return {
    createDatabase: async t => {
      const free = t && left.pop()
      if (free !== undefined) await execute(free, emptying)
      const name = newName()
      const database = free ?? (await createDatabaseAt(url, name))
      if (t) t.after(() => void left.push(database))
      else databases.push(name)
      return database
    },
  }
}

/** Databases of tests that have ended; they are removed with the server. */
const left: string[] = []

/** To copy all of a new database takes four times as long. */
const emptying = `
  select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
  drop schema public cascade;
  create schema public`

/**
 * A PostgreSQL server that a file's tests may crash, or whose log they read: started before the first, stopped and
 * removed after the last.
 */
export const useOwnPostgresServer = (options: Partial<Options> = {}): PostgresServer => {
  let started: Awaited<ReturnType<typeof startPostgresServer>> | undefined
  const get = () => {
    if (!started) throw new Error('The server is there between before() and after() only.')
    return started
  }
  before(async () => {
    started = await startPostgresServer(options)
  })
  after(async () => {
    await started?.remove()
  })
  return {
    createDatabase: () => get().createDatabase(),
    crash: () => get().crash(),
    start: () => get().start(),
    log: () => get().log(),
  }
}

const newName = (): string => `test_${randomUUID().replaceAll('-', '_')}`

const createDatabaseAt = async (url: string, name: string): Promise<string> => {
  await execute(url, `create database "${name}"`)
  return Object.assign(new URL(url), { pathname: name }).href
}

/** Who the server's superuser is. */
type Superuser = { user: string; password: string }

type Options = Superuser & {
  /** A free one unless told otherwise. */
  port?: number
  /** Of the server, as `name=value`, where the defaults do not do. */
  settings?: string[]
  /** The folder of another version, with `bin/initdb` and `bin/postgres` that any account can run. */
  programs?: string
}

/**
 * A server for whoever removes it again.
 * @throws Error with the server's own words when it has not started within a minute
 */
export const startPostgresServer = async (options: Partial<Options> = {}) => {
  const superuser = { user: 'postgres', password: randomBytes(12).toString('hex'), ...options }
  const account = await findAccount()
  const programs = options.programs
    ? { folder: options.programs, remove: async () => undefined }
    : await preparePrograms(account)
  const folder = await makeFolder(account)
  const server = createServerProcess({ folder, account, programs: programs.folder }, options.settings)
  const remove = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
    await programs.remove()
  }
  try {
    await initialise({ folder, account, programs: programs.folder }, superuser)
    const port = await startOnPort(server, options.port)
    const toUrl = (name: string) =>
      `postgres://${superuser.user}:${superuser.password}@127.0.0.1:${port}/${name}`
    return {
      toUrl,
      start: () => server.start(port),
      crash: server.stop,
      log: server.log,
      createDatabase: (name = newName()) => createDatabaseAt(toUrl('postgres'), name),
      remove,
    }
  } catch (error) {
    await remove()
    throw new Error(`no PostgreSQL: ${error instanceof Error ? error.message : error}\n${server.log()}`, {
      cause: error,
    })
  }
}

/** Everything of a server's is below it, and belongs to the account that runs the server. */
const makeFolder = async ({ uid, gid }: Account): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid)
  return folder
}

const initialise = async (
  { folder, programs, account }: Place,
  { user, password }: Superuser,
): Promise<void> => {
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (account.uid !== undefined && account.gid !== undefined)
    await chown(passwordFile, account.uid, account.gid)
  await promisify(execFile)(
    join(programs, 'bin', 'initdb'),
    [
      ...['--pgdata', join(folder, 'data'), '--username', user, '--pwfile', passwordFile],
      ...['--auth=scram-sha-256', '--no-sync', '--encoding=UTF8'],
      // A language's order, unlike that of the bytes, is what the schema must not depend on.
      ...['--locale-provider=icu', '--icu-locale=en'],
    ],
    // The folder that the tests are run in may be one that the account cannot enter.
    { ...account, cwd: folder, env: environment(), timeout: deadlineMs },
  )
}
