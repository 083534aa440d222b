import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { prepareProcess } from '../service-process.ts'

const root = join(import.meta.dirname, '../..')

/** What npm starts as a service manager or a shell would; `until` resolves with the match of its first line that fits. */
const startNpm = (t: TestContext, args: readonly string[], env: Record<string, string>) => {
  const { PATH = '' } = process.env
  const child = spawn('npm', args, {
    cwd: root,
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that whatever is left of it can be ended with the test.
    detached: true,
  })
  t.after(() => {
    try {
      process.kill(-Number(child.pid), 'SIGKILL')
    } catch {
      // Nothing is left.
    }
  })
  const closed = once(child, 'close')
  const lines: string[] = []
  const output = createInterface(child.stdout).on('line', line => lines.push(line))
  const find = (pattern: RegExp) =>
    lines.map(line => pattern.exec(line)?.[1]).find(found => found !== undefined)
  const until = async (pattern: RegExp): Promise<string> => {
    const ended = closed.then(() => find(pattern) ?? Promise.reject(new Error(lines.join('\n'))))
    for (let found = find(pattern); ; found = find(pattern)) {
      if (found !== undefined) return found
      const last = await Promise.race([once(output, 'line').then(() => undefined), ended])
      if (last !== undefined) return last
    }
  }
  return { child, until, closed }
}

test('78: SIGTERM to the process of `npm start` stops the service in order: its port and its lock are free', async t => {
  const { env } = await prepareProcess(t)
  const startService = () => startNpm(t, ['start'], env)
  const first = startService()
  const url = await first.until(/listening at (http:[^"]+)"/)
  assert.equal((await fetch(`${url}/health/live`)).status, 200)
  first.child.kill('SIGTERM')
  await first.until(/"msg":"(stopped)"/)
  await first.closed
  await assert.rejects(fetch(`${url}/health/live`))
  // The lock is that of the SQLite file: a second process would not start while the first one has it.
  const second = startService()
  await second.until(/listening at (http:[^"]+)"/)
  second.child.kill('SIGTERM')
  await second.closed
})

test('78: SIGTERM to the process of `npm run demo` ends the demo and the service that it started: nothing is left', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'npm-demo-'))
  t.after(() => rm(folder, { recursive: true }))
  const demo = startNpm(t, ['run', 'demo', '--', '--random-ports'], { TMPDIR: folder })
  const page = await demo.until(/In the browser +(http:\S+\/documentation)/)
  await demo.until(/(Ctrl-C ends it)/)
  assert.equal((await fetch(page)).status, 200)
  demo.child.kill('SIGTERM')
  await demo.until(/(nothing is left running)/)
  await demo.closed
  await assert.rejects(fetch(page))
  // npm keeps a cache of its own there.
  assert.deepEqual(
    (await readdir(folder)).filter(name => name.startsWith('web-session-clients')),
    [],
  )
})
