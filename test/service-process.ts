import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { createSandbox, type Sandbox } from '../src/sandbox/sandbox.ts'
import { compileCache } from './compile-cache.ts'
import { audience, environment } from './service.ts'
import { shareSigningKey } from './signing-key.ts'
import { untilTaken } from './until-taken.ts'

/** The source, or the bundle where that is named. */
export const main = resolve(import.meta.dirname, '..', process.env['SERVICE_MAIN'] ?? 'src/main.ts')

type Answer = { status: number; headers: Headers; body: Record<string, unknown> }

type Send = (method: string, path: string, body?: string, headers?: Record<string, string>) => Promise<Answer>

export type ServiceProcess = {
  child: ChildProcessByStdio<null, Readable, Readable>
  url: string
  /** Resolves to code and signal. */
  exited: Promise<unknown[]>
  lines: string[]
  /** All that it has written, to standard output and to standard error. */
  written: () => { stdout: string; stderr: string }
  /** Sends again what the service has too much to do for. */
  call: Send
  /** Takes that for an answer, too. */
  callOnce: Send
  /** Resolves with the first line of the log, from that one on, that has the text; a signal has no other answer. */
  logged: (text: string, from?: number) => Promise<string>
}

type Options = {
  /** Arguments for Node.js before the file. */
  nodeArguments?: readonly string[]
  /** A line of shell that the process starts under, such as `ulimit -n 64`. */
  shell?: string
}

/** What a process needs to be started, and started again on the same database; gone when the test ends. */
export const prepareProcess = async (t: TestContext, others: Record<string, string> = {}) => {
  const sandbox = await createSandbox({ audience, signingKey: await shareSigningKey() })
  t.after(() => sandbox.close())
  const folder = await mkdtemp(join(tmpdir(), 'process-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const databasePath = join(folder, 'data.db')
  const env = { ...environment(sandbox, databasePath), ...others }
  const token = await sandbox.accessToken({ service: 'payments-pipeline' })
  return {
    sandbox,
    databasePath,
    env,
    token,
    start: (options?: Options) => startProcess(t, env, token, options),
  }
}

/** Whoever waits for a service that does not start is told what it has written by then. */
export const startDeadlineMs = 50_000

const startProcess = async (
  t: TestContext,
  env: Record<string, string>,
  token: string,
  { nodeArguments = [], shell }: Options = {},
): Promise<ServiceProcess> => {
  const command = [process.execPath, ...nodeArguments, main] as const
  const [file, ...args] = shell ? ['/bin/sh', '-c', `${shell} && exec "$@"`, 'sh', ...command] : command
  const child = spawn(file, args, { env: { ...compileCache, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const lines: string[] = []
  const errors: string[] = []
  child.stderr.on('data', data => errors.push(String(data)))
  const written = () => ({ stdout: lines.join('\n'), stderr: errors.join('') })
  const output = createInterface(child.stdout).on('line', line => lines.push(line))
  const logged: ServiceProcess['logged'] = async (text, from = 0) => {
    const find = () => lines.slice(from).find(line => line.includes(text))
    for (let line = find(); ; line = find()) {
      if (line !== undefined) return line
      const ended = exited.then(([code]) =>
        Promise.reject(new Error(`ended with ${code}: ${lines.join('\n')}`)),
      )
      await Promise.race([once(output, 'line'), ended])
    }
  }
  const late = setTimeout(() => child.kill('SIGKILL'), startDeadlineMs)
  const listening = await logged('listening at').finally(() => clearTimeout(late))
  const [, url = ''] = /listening at (http:[^"]+)/.exec(listening) ?? []
  const callOnce = createCall(url, token)
  const call: Send = (...request) => untilTaken(() => callOnce(...request))
  return { child, url, exited, lines, written, logged, call, callOnce }
}

const createCall =
  (url: string, token: string): Send =>
  async (method, path, sent, others) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(sent && { 'content-type': 'application/json' }),
      ...others,
    }
    const answer = await fetch(url + path, { method, headers, ...(sent && { body: sent }) })
    return {
      status: answer.status,
      headers: answer.headers,
      body: (await answer.json()) as Record<string, unknown>,
    }
  }

/** The retrieval token of a 201. */
export const tokenOf = (created: { body: Record<string, unknown> }): string =>
  (created.body['retrieval'] as { token: string }).token

export const clientCount = ({ pingFederate }: Sandbox): number => pingFederate.clients().length
