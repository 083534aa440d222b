import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Account } from './postgres-programs.ts'

/** Where a server's files and programs are, and who runs it. */
export type Place = { folder: string; programs: string; account: Account }

/** Longer than a busy machine takes to make the files of a server, or to start it. */
export const deadlineMs = 25_000

/** As many as test files run at once may draw the same port, or somebody else may take it first. */
const maxAttempts = 5

/** Its words are looked for in English, and numbers of a language are none of the tests' business. */
export const environment = () => ({ ...process.env, LC_ALL: 'C' })

/**
 * Ends the server when its standard input ends, which it also does with the process that holds the other end, whatever
 * that one dies of. SIGQUIT breaks all connections and makes no check point: nothing of the data is kept. Without
 * standard error of its own the shell does not hide that the server has closed it.
 */
const keeper = '"$@" & exec 2>&-; read -r line; kill -QUIT $!; wait'

/** The process of one server, for as often as it is started; `settings` are `name=value`. */
export const createServerProcess = ({ folder, programs, account }: Place, settings: string[] = []) => {
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
      ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', ...settings].flatMap(it => ['-c', it]),
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
export const startOnPort = async (
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
