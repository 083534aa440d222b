import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { compileCache } from '../compile-cache.ts'
import { putDatabaseAhead } from '../database/put-clock-ahead.ts'
import { audience, environment, startTestService, type TestService } from '../service.ts'
import { startDeadlineMs } from '../service-process.ts'
import { shareSigningKey } from '../signing-key.ts'
import { type Observation, observe } from './invariants.ts'
import type { Announcement, Halt } from './service.ts'

const entry = fileURLToPath(new URL('./service.ts', import.meta.url))

/** A service in a process of its own that can be killed at a recovery point. */
export type ServiceProcess = {
  call: TestService['call']
  pid: number
  /** Arms a recovery point; the promise inside resolves when the process stands there. */
  haltAt: (halt: Halt) => Promise<{ halted: Promise<void> }>
  /** Until a line of its output has this text. */
  logged: (text: string) => Promise<void>
  /** SIGKILL, and until it is gone. */
  kill: () => Promise<void>
  /** Resolves to code and signal. */
  exited: Promise<unknown[]>
}

type Start = {
  aheadMs?: number
  env?: Record<string, string>
  /** Put before the command, such as strace. */
  under?: readonly string[]
}

export type Installation = Omit<Observation, 'createCall'> & {
  sandbox: Sandbox
  env: Record<string, string>
  databaseUrl: string
  /** Of a database that is a file. */
  databasePath: string
  start: (options?: Start) => Promise<ServiceProcess>
}

type Others = {
  env?: Record<string, string>
  folder?: string
  /** In place of an SQLite file in the folder. */
  databaseUrl?: string
}

/** A stand-in and a database, under observation; services are started on them one after the other. */
export const createInstallation = async (t: TestContext, others: Others = {}): Promise<Installation> => {
  const sandbox = await createSandbox({ audience, signingKey: await shareSigningKey() })
  t.after(() => sandbox.close())
  const folder = others.folder ?? (await mkdtemp(join(tmpdir(), 'faults-')))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const databasePath = join(folder, 'data.db')
  const databaseUrl = others.databaseUrl ?? `sqlite:${databasePath}`
  const env = { ...environment(sandbox, databasePath), DATABASE_URL: databaseUrl, ...others.env }
  const { createCall, ...observation } = observe(t, { sandbox, databasePath, env })
  const setClock = createDatabaseClock(databaseUrl)
  const start = async (options: Start = {}): Promise<ServiceProcess> => {
    await setClock(options.aheadMs ?? 0)
    const { url, ...service } = await startProcess(t, env, options, observation.logLines)
    return { ...service, call: createCall(url) }
  }
  return { ...observation, sandbox, env, databaseUrl, databasePath, start }
}

/** Set only when it is another time than before: the schema of a new database brings the clock with it. */
const createDatabaseClock = (databaseUrl: string): ((aheadMs: number) => Promise<void>) => {
  let current = 0
  return async aheadMs => {
    if (aheadMs !== current) await putDatabaseAhead(databaseUrl, aheadMs)
    current = aheadMs
  }
}

const startProcess = async (
  t: TestContext,
  env: Record<string, string>,
  { aheadMs = 0, under = [], env: others = {} }: Start,
  lines: string[],
) => {
  const [command = process.execPath, ...words] = [...under, process.execPath, entry]
  const child = spawn(command, words, {
    env: { PATH: process.env['PATH'], ...compileCache, ...env, ...others, CLOCK_AHEAD_MS: String(aheadMs) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  const from = lines.length
  const logged = watchLines(child, lines, exited)
  const announced = (kind: Announcement['kind']) => findAnnouncement(child, exited, lines, kind)
  const late = setTimeout(() => child.kill('SIGKILL'), startDeadlineMs)
  const listening = await announced('listening').finally(() => clearTimeout(late))
  assert.ok(listening.kind === 'listening')
  const kill = async () => {
    process.kill(listening.pid, 'SIGKILL')
    await exited
  }
  const haltAt = async (halt: Halt) => {
    const halted = announced('halted').then(() => undefined)
    // A process that ends before tells so where it is waited for.
    halted.catch(() => undefined)
    const armed = announced('armed')
    child.send(halt)
    await armed
    return { halted }
  }
  return {
    url: listening.url,
    pid: listening.pid,
    kill,
    haltAt,
    exited,
    logged: (text: string) => logged(text, from),
  }
}

const watchLines = (child: ChildProcess, lines: string[], exited: Promise<unknown[]>) => {
  for (const output of [child.stdout, child.stderr])
    if (output) createInterface(output).on('line', line => lines.push(line))
  return async (text: string, from: number): Promise<void> => {
    const ended = exited.then(() => 'ended' as const)
    while (!lines.slice(from).some(line => line.includes(text))) {
      const next = child.stdout ? once(child.stdout, 'data') : ended
      if ((await Promise.race([next, ended])) === 'ended') throw new Error(`ended without: ${text}`)
    }
  }
}

const findAnnouncement = async (
  child: ChildProcess,
  exited: Promise<unknown[]>,
  lines: readonly string[],
  kind: Announcement['kind'],
): Promise<Announcement> => {
  const { promise, resolve } = Promise.withResolvers<Announcement>()
  const listen = (announcement: Announcement) => {
    if (announcement.kind === kind) resolve(announcement)
  }
  child.on('message', listen)
  const ended = exited.then(([code]) => {
    throw new Error(`ended with ${code} before ${kind}: ${lines.slice(-5).join('\n')}`)
  })
  return Promise.race([promise, ended]).finally(() => child.off('message', listen))
}

/** The service inside the test's process, for faults that need no process to die. */
export const startObserved = async (t: TestContext, options: Parameters<typeof startTestService>[1] = {}) => {
  const service = await startTestService(t, options)
  const { createCall, ...observation } = observe(t, service)
  const check = async () => {
    await service.stop()
    observation.logLines.push(...service.logLines)
    await observation.check()
  }
  return { ...service, ...observation, check, call: createCall(service.url) }
}
