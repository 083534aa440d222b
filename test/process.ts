import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { createSandbox } from '../src/sandbox/sandbox.ts'
import { audience, environment } from './service.ts'

/** What starts the service. */
export const main = new URL('../src/main.ts', import.meta.url).pathname

export type Started = {
  child: ChildProcessByStdio<null, Readable, Readable>
  /** Resolves to code and signal. */
  exited: Promise<unknown[]>
  lines: string[]
  call: (
    method: string,
    path: string,
    body?: string,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; body: Record<string, unknown> }>
}

/** A sandbox and what a process needs to be started on it: again on the same database, or several at once on PostgreSQL. */
export const prepareProcess = async (t: TestContext, others: Record<string, string> = {}) => {
  const sandbox = await createSandbox({ audience })
  t.after(() => sandbox.close())
  const folder = await mkdtemp(join(tmpdir(), 'process-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const env = { ...environment(sandbox, join(folder, 'data.db')), ...others }
  const token = await sandbox.accessToken({ service: 'payments-pipeline' })
  return { sandbox, start: () => startProcess(t, env, token) }
}

const startProcess = async (t: TestContext, env: Record<string, string>, token: string): Promise<Started> => {
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  const lines: string[] = []
  const { promise: address, resolve, reject } = Promise.withResolvers<string>()
  createInterface(child.stdout).on('line', line => {
    lines.push(line)
    const [, url] = /listening at (http:[^"]+)/.exec(line) ?? []
    if (url) resolve(url)
  })
  exited.then(([code]) => reject(new Error(`ended with ${code}: ${lines.join('\n')}`)))
  const url = await address
  const call: Started['call'] = async (method, path, sent, others) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(sent && { 'content-type': 'application/json' }),
      ...others,
    }
    const answer = await fetch(url + path, { method, headers, ...(sent && { body: sent }) })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return { child, exited, lines, call }
}
