import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { after, before } from 'node:test'
import { promisify } from 'node:util'
import { execute } from './execute.ts'
import { type Account, findAccount, preparePrograms } from './postgres-programs.ts'

export type PostgresServer = {
  /** Makes an empty database and gives its URL. */
  createDatabase: () => Promise<string>
  /** Ends the server as a crash does: no check point, connections broken. */
  crash: () => Promise<void>
  /** Starts it again, on the same port. */
  start: () => Promise<void>
  /** What the server has written to its log. */
  log: () => string
}

/** A PostgreSQL server for the tests of a file: started before the first, stopped and removed after the last. */
export const usePostgresServer = (): PostgresServer => {
  let started: Awaited<ReturnType<typeof startPostgresServer>> | undefined
  const get = () => {
    if (!started) throw new Error('The server is there between before() and after() only.')
    return started
  }
  before(async () => {
    started = await startPostgresServer()
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

/** Longer than a busy machine takes to make the files of a server, or to start it. */
const deadlineMs = 25_000

/** As many as test files run at once may draw the same port, or somebody else may take it first. */
const maxAttempts = 5

/** Who the server's superuser is. */
type Superuser = { user: string; password: string }

type Options = Superuser & {
  /** A free one unless told otherwise. */
  port?: number
}

/**
 * A server for whoever removes it again.
 * @throws Error with the server's own words when it has not started within a minute
 */
export const startPostgresServer = async (options: Partial<Options> = {}) => {
  const superuser = { user: 'postgres', password: randomBytes(12).toString('hex'), ...options }
  const account = await findAccount()
  const programs = await preparePrograms(account)
  const folder = await makeFolder(account)
  const server = createServerProcess({ folder, account, programs: programs.folder })
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
      start: () => server.start(port),
      crash: server.stop,
      log: server.log,
      createDatabase: async (name = `test_${randomUUID().replaceAll('-', '_')}`) => {
        await execute(toUrl('postgres'), `create database "${name}"`)
        return toUrl(name)
      },
      remove,
    }
  } catch (error) {
    await remove()
    throw new Error(`no PostgreSQL: ${error instanceof Error ? error.message : error}\n${server.log()}`, {
      cause: error,
    })
  }
}

type Place = { folder: string; programs: string; account: Account }

/** Everything of a server's is below it, and belongs to the account that runs the server. */
const makeFolder = async ({ uid, gid }: Account): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid)
  return folder
}

/** Its words are looked for in English, and numbers of a language are none of the tests' business. */
const environment = () => ({ ...process.env, LC_ALL: 'C' })

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

/**
 * Ends the server when its standard input ends, which it also does with the process that holds the other end, whatever
 * that one dies of. SIGQUIT breaks all connections and makes no check point: nothing of the data is kept. Without
 * standard error of its own the shell does not hide that the server has closed it.
 */
const keeper = '"$@" & exec 2>&-; read -r line; kill -QUIT $!; wait'

const createServerProcess = ({ folder, programs, account }: Place) => {
  const log: string[] = []
  let child: ChildProcessByStdio<Writable, null, Readable> | undefined
  const stop = async (): Promise<void> => {
    if (!child) return
    const exited = once(child, 'exit')
    child.stdin.end()
    await exited
    child = undefined
  }
  const start = async (port: number): Promise<void> => {
    const command = [
      ...[join(programs, 'bin', 'postgres'), '-D', join(folder, 'data'), '-p', String(port)],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    ]
    child = spawn('/bin/sh', ['-c', keeper, 'sh', ...command], {
      ...account,
      cwd: folder,
      env: environment(),
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    const ready = Promise.withResolvers<void>()
    const fail = (what: string) => () => ready.reject(new Error(what))
    const timer = setTimeout(fail(`not ready after ${deadlineMs} ms`), deadlineMs)
    child.on('error', ready.reject)
    createInterface(child.stderr)
      .on('line', line => {
        log.push(`${line}\n`)
        if (line.includes('database system is ready to accept connections')) ready.resolve()
      })
      .on('close', fail('it has ended'))
    await ready.promise.finally(() => clearTimeout(timer))
  }
  return { start, stop, log: () => log.join('') }
}

/** @param wanted none: one that is free, and another if somebody else was faster */
const startOnPort = async (
  server: ReturnType<typeof createServerProcess>,
  wanted?: number,
): Promise<number> => {
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await findFreePort())
    try {
      await server.start(port)
      return port
    } catch (error) {
      const isTaken = server.log().includes('could not bind')
      if (wanted !== undefined || !isTaken || attempt === maxAttempts) throw error
      await server.stop()
    }
  }
}

const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
