import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

export type Usage = { cpuMicroseconds: number; residentBytes: number }

export type Running = {
  url: string
  /** From its start until it listened. */
  startMs: number
  usage: () => Promise<Usage>
  /** Hands a message to the program. */
  tell: (message: unknown) => void
  stop: () => Promise<void>
}

type Program = {
  file: string
  env: Record<string, string>
  /** Receives standard output and error: a file, as production would have it, not a terminal. */
  logPath: string
  execArgv?: string[]
  /** Runs Node.js under another program: that one and its arguments. */
  under?: string[]
}

const startDeadlineMs = 20_000
const reporter = new URL('report-usage.ts', import.meta.url).href

/** Runs a program that writes `listening at <url>` when it is ready. */
export const start = async ({ file, env, logPath, execArgv = [], under = [] }: Program): Promise<Running> => {
  const log = openSync(logPath, 'w')
  const begun = performance.now()
  const [execPath = process.execPath, ...before] = [...under, process.execPath]
  const child = fork(file, [], {
    env: { ...process.env, NODE_ENV: 'production', ...env },
    execPath,
    execArgv: [...before, ...execArgv, '--import', reporter],
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const url = await readAddress(child, logPath)
  return {
    url,
    startMs: performance.now() - begun,
    usage: async () => {
      child.send('usage')
      const [usage] = await once(child, 'message')
      return usage as Usage
    },
    tell: message => void child.send(message as string),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

const readAddress = async (child: ChildProcess, logPath: string): Promise<string> => {
  const deadline = performance.now() + startDeadlineMs
  while (performance.now() < deadline && child.exitCode === null) {
    const url = /listening at (http:[^"\s]+)/.exec(readFileSync(logPath, 'utf8'))?.[1]
    if (url) return url
    // Fine enough for the start-up time, and cheap enough not to disturb it.
    await delay(2)
  }
  child.kill('SIGKILL')
  throw new Error(`${child.spawnfile} did not start:\n${readFileSync(logPath, 'utf8')}`)
}
