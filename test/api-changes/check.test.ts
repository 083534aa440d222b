import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const script = join(import.meta.dirname, 'check.ts')

const first = describeApi('0.1.0', ['/teams', '/clients'])
const withPath = describeApi('0.1.0', ['/teams', '/clients', '/keys'])
const withoutPath = describeApi('0.1.0', ['/teams'])
const withoutPathAnnounced = describeApi('0.2.0', ['/teams'])

test('passes and says so when there is no earlier version', async t => {
  const repository = await createRepository(t)
  await repository.write(first)
  const { exitCode, output } = await repository.check()
  assert.equal(exitCode, 0)
  assert.match(output, /No earlier openapi\/openapi\.json/)
})

test('compares an edited file with the last commit', async t => {
  const repository = await createRepository(t)
  await repository.commit(first)
  await repository.write(withoutPath)
  const { exitCode, output } = await repository.check()
  assert.equal(exitCode, 1)
  assert.match(output, /clients/)
  assert.match(output, /raise info\.version/)
})

test('compares a committed file with the commit that touched it before', async t => {
  const repository = await createRepository(t)
  await repository.commit(first)
  await repository.commit(withoutPath)
  await repository.commit(withoutPath)
  assert.equal((await repository.check()).exitCode, 1)
})

test('passes when the version announces the break', async t => {
  const repository = await createRepository(t)
  await repository.commit(first)
  await repository.commit(withoutPathAnnounced)
  const { exitCode, output } = await repository.check()
  assert.equal(exitCode, 0)
  assert.match(output, /breaking changes: [1-9]/)
})

test('passes when the API only grew', async t => {
  const repository = await createRepository(t)
  await repository.commit(first)
  await repository.commit(withPath)
  const { exitCode, output } = await repository.check()
  assert.equal(exitCode, 0)
  assert.match(output, /breaking changes: 0/)
})

test('passes when a pattern is left out, or spelt anew, that each language read differently', async t => {
  const repository = await createRepository(t)
  await repository.commit(describeName({ pattern: '^[^\\p{C}]\\d$' }, { pattern: '^\\d$' }))
  await repository.write(describeName({}, { pattern: '^[0-9]$' }))
  assert.equal((await repository.check()).exitCode, 0)
  await repository.write(describeName({}, {}))
  assert.equal((await repository.check()).exitCode, 1, 'any other pattern is a promise')
})

test('compares with the commit named in API_CHANGES_BASE', async t => {
  const repository = await createRepository(t)
  const released = await repository.commit(withPath)
  await repository.commit(first)
  await repository.commit(first)
  assert.equal((await repository.check({ API_CHANGES_BASE: released })).exitCode, 1)
})

test('passes and names the reason in a shallow clone', async t => {
  const repository = await createRepository(t)
  await repository.commit(first)
  await repository.commit(withoutPath)
  const { exitCode, output } = await (await repository.cloneShallow()).check()
  assert.equal(exitCode, 0)
  assert.match(output, /shallow/)
})

function describeApi(version: string, paths: string[]): string {
  const operation = { get: { responses: { 200: { description: 'Done' } } } }
  const items = Object.fromEntries(paths.map(path => [path, operation]))
  return JSON.stringify({ openapi: '3.1.0', info: { title: 'Test', version }, paths: items })
}

function describeName(name: object, number: object): string {
  const properties = { name: { type: 'string', ...name }, number: { type: 'string', ...number } }
  const content = { 'application/json': { schema: { type: 'object', properties } } }
  const paths = { '/teams': { get: { responses: { 200: { description: 'Done', content } } } } }
  return JSON.stringify({ openapi: '3.1.0', info: { title: 'Test', version: '0.1.0' }, paths })
}

async function createRepository(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'api-changes-'))
  t.after(() => rm(folder, { recursive: true }))
  await run('git', ['init', '--quiet', folder])
  const repository = openRepository(t, folder)
  await repository.git('commit', '--quiet', '--allow-empty', '--message=Begin')
  return repository
}

function openRepository(t: TestContext, folder: string) {
  const git = async (...args: string[]) => {
    const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false']
    const { stdout } = await run('git', [...author, ...args], { cwd: folder })
    return stdout.trim()
  }
  const write = async (document: string) => {
    await mkdir(join(folder, 'openapi'), { recursive: true })
    await writeFile(join(folder, 'openapi', 'openapi.json'), document)
  }
  return {
    git,
    write,
    commit: async (document: string) => {
      await write(document)
      await git('add', '--all')
      await git('commit', '--quiet', '--allow-empty', '--message=Describe the API')
      return await git('rev-parse', 'HEAD')
    },
    cloneShallow: async () => {
      const copy = `${folder}-copy`
      t.after(() => rm(copy, { recursive: true }))
      await git('clone', '--quiet', '--depth=1', pathToFileURL(folder).href, copy)
      return openRepository(t, copy)
    },
    check: (env: NodeJS.ProcessEnv = {}) => check(folder, env),
  }
}

async function check(cwd: string, env: NodeJS.ProcessEnv): Promise<{ exitCode: number; output: string }> {
  try {
    const { stdout } = await run(process.execPath, [script], { cwd, env: { ...process.env, ...env } })
    return { exitCode: 0, output: stdout }
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string }
    return { exitCode: code, output: stdout }
  }
}
