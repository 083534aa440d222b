import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startServiceProcess } from '../../../src/sandbox/demo/service-process.ts'
import { createSandbox } from '../../../src/sandbox/sandbox.ts'
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
    startServiceProcess({ env: {}, logFile }),
    /ended instead of listening:\n[\s\S]*SECRET_KEY/,
  )
})

test('a running service writes its log to the file, and is gone when it is let go', async t => {
  const folder = await makeFolder(t)
  const logFile = join(folder, 'service.log')
  const sandbox = await createSandbox({ audience })
  t.after(() => sandbox.close())
  const env = environment(sandbox, join(folder, 'data.db'))
  const service = await startServiceProcess({ env, logFile })
  assert.equal((await fetch(`${service.url}/health/live`)).status, 200)
  await service[Symbol.asyncDispose]()
  await service.ended
  await assert.rejects(fetch(service.url))
  assert.match(await readFile(logFile, 'utf8'), /"msg":"stopped"\}\n$/)
})
