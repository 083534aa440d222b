import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../main.ts', import.meta.url))

/** The service in a process of its own, as in production. */
export interface ServiceProcess extends AsyncDisposable {
  readonly url: string
  readonly logFile: string
  /** Resolves when the process ends, whoever ended it. */
  readonly ended: Promise<unknown>
}

/** What the service is given, and where its log goes. */
export interface ServiceOptions {
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  readonly startDeadlineMs?: number
}

/** The service stops within milliseconds unless something is wrong with it. */
const stopDeadlineMs = 5_000

/** It starts within a second or two; on a machine that is busy with others, within ten times as long. */
const usualStartDeadlineMs = 30_000

/**
 * Starts `src/main.ts` with these environment variables and no others, and waits until it listens.
 * @throws Error with the end of its log when it ends instead, or does neither in time
 */
export async function startServiceProcess({
  env,
  logFile,
  startDeadlineMs = usualStartDeadlineMs,
}: ServiceOptions): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [main], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C reaches the demo only, which then stops the service in an orderly way.
    detached: true,
  })
  // Whatever ends the demo without the time to stop it doesn't leave it running.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const log = createWriteStream(logFile)
  for (const output of [child.stdout, child.stderr]) output.pipe(log, { end: false })
  const ended = once(child, 'close').finally(() => {
    process.off('exit', kill)
    return finished(log.end())
  })
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    kill()
  }, startDeadlineMs)
  const url = await Promise.race([findAddress(child.stdout), ended.then(() => undefined)])
  clearTimeout(timer)
  if (url !== undefined) return { url, logFile, ended, [Symbol.asyncDispose]: () => stop(child, ended) }
  if (isLate)
    throw new Error(`the service did not listen within ${startDeadlineMs} ms:\n${await readLogEnd(logFile)}`)
  throw new Error(`the service ended instead of listening:\n${await readLogEnd(logFile)}`)
}

/** The address that the service logs when it listens. */
function findAddress(output: Readable): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let seen = ''
  const look = (chunk: Buffer) => {
    seen += chunk.toString()
    const [, url] = /"listening at (http:[^"]+)"/.exec(seen) ?? []
    if (url === undefined) return
    output.off('data', look)
    resolve(url)
  }
  output.on('data', look)
  return promise
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs)
  await ended
  clearTimeout(timer)
}

/** The last lines of the service's log; empty when there is none. */
export async function readLogEnd(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-15).join('\n')
}
