import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startServiceProcess } from '../../../src/sandbox/demo/service-process.ts'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
import { compileCache } from '../../compile-cache.ts'
import { audience, environment } from '../../service.ts'

const makeFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'service-process-test-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

test('a service that does not start says why, and inherits nothing that would help it', async t => {
  const logFile = join(await makeFolder(t), 'service.log')
  const sandbox = await createSandbox({ audience })
  t.after(() => sandbox.close())
  const inherited = environment(sandbox, join(tmpdir(), 'never.db'))
  t.mock.property(process, 'env', { ...process.env, ...inherited })
  await assert.rejects(
    startServiceProcess({ env: compileCache, logFile }),
    /ended instead of listening:\n[\s\S]*SECRET_KEY/,
  )
})

test('a service that never listens is given up in time, and is gone', async t => {
  const ends: Promise<void>[] = []
  const silent = createServer(socket => {
    const end = Promise.withResolvers<void>()
    socket
      .resume()
      .on('error', () => undefined)
      .on('close', () => end.resolve())
    ends.push(end.promise)
  }).listen(0, '127.0.0.1')
  t.after(() => silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const sandbox = await createSandbox({ audience })
  t.after(() => sandbox.close())
  const folder = await makeFolder(t)
  const env = {
    ...compileCache,
    ...environment(sandbox, join(folder, 'data.db')),
    DATABASE_URL: `postgres://user:word@127.0.0.1:${port}/data`,
  }
  await assert.rejects(
    startServiceProcess({ env, logFile: join(folder, 'service.log'), startDeadlineMs: 1_000 }),
    /did not listen within 1000 ms/,
  )
  // Whatever it had got to by then, the process at the other end is over.
  await Promise.all(ends)
})

test('a running service writes its log to the file, and is gone when it is let go', async t => {
  const folder = await makeFolder(t)
  const logFile = join(folder, 'service.log')
  const sandbox = await createSandbox({ audience })
  t.after(() => sandbox.close())
  const env = { ...compileCache, ...environment(sandbox, join(folder, 'data.db')) }
  const service = await startServiceProcess({ env, logFile })
  assert.equal((await fetch(`${service.url}/health/live`)).status, 200)
  await service[Symbol.asyncDispose]()
  await service.ended
  await assert.rejects(fetch(service.url))
  assert.match(await readFile(logFile, 'utf8'), /"msg":"stopped"\}\n$/)
})
