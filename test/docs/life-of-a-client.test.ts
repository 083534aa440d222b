import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { loginOutcomes } from '../../src/web-sessions/login-check-schema.ts'
import { startWithPingAccess } from '../sandbox/pingaccess/started.ts'
import { startTestService } from '../service.ts'
import { ageCreates } from '../web-session-clients/age-creates.ts'
import { edit } from '../web-session-clients/drifts.ts'
import { smallest } from '../web-session-clients/requests.ts'
import { createInUse, logsIn } from '../web-session-clients/rotations.ts'

const run = promisify(execFile)
const document = await readFile(new URL('../../docs/life-of-a-client.md', import.meta.url), 'utf8')

/** The recipe of that name in that language. */
const recipeOf = (language: string, name: string): string => {
  const blocks = [...document.matchAll(/```(\w+)\n([\s\S]*?)```/g)]
  const found = blocks.filter(
    ([, written, text = '']) => written === language && /^(?:#|\/\/) recipe: (\w+)/.exec(text)?.[1] === name,
  )
  assert.equal(found.length, 1, `${language} ${name}`)
  return found[0]?.[2] ?? ''
}

const programs: Record<string, { file: string; command: readonly string[] }> = {
  sh: { file: 'recipe.sh', command: ['sh', '-eu'] },
  ts: { file: 'recipe.mts', command: [process.execPath] },
  py: { file: 'recipe.py', command: ['python3'] },
}

/** What there is none of on this machine is skipped and said. */
const findMissing = async (language: string): Promise<string | false> => {
  const needed = {
    sh: ['curl', '--version'],
    ts: [process.execPath, '--version'],
    py: ['python3', '--version'],
  }
  const [command = '', ...words] = needed[language as keyof typeof needed]
  return run(command, words).then(
    () => false as const,
    () => `needs ${command}`,
  )
}

const runRecipe = async (
  t: TestContext,
  language: string,
  name: string,
  env: Record<string, string>,
): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'recipe-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { file, command } = programs[language] ?? assert.fail(language)
  const path = join(folder, file)
  await writeFile(path, recipeOf(language, name))
  const [program = '', ...words] = command
  const { stdout } = await run(program, [...words, path], {
    env: { PATH: `${join(process.execPath, '..')}:${process.env['PATH']}`, ...env },
  })
  return stdout.trim()
}

for (const language of Object.keys(programs))
  test(`the recipe in ${language} gives a client a new secret that logs in beside the former one, until that is ended`, {
    skip: await findMissing(language),
  }, async t => {
    const service = await startTestService(t)
    const former = await createInUse(service)
    const TOKEN = await service.sandbox.accessToken({ service: 'payments-pipeline' })
    const env = { SERVICE: service.url, TOKEN }
    const secret = await runRecipe(t, language, 'rotate', env)
    assert.deepEqual([await logsIn(service, former), await logsIn(service, secret)], [true, true])
    await runRecipe(t, 'sh', 'end', env)
    assert.deepEqual([await logsIn(service, former), await logsIn(service, secret)], [false, true])
  })

for (const language of Object.keys(programs))
  test(`the recipes in ${language} declare a client, find it so the second time, and switch it off; then it is set again and retired`, {
    skip: await findMissing(language),
  }, async t => {
    const service = await startTestService(t)
    const env = {
      SERVICE: service.url,
      TOKEN: await service.sandbox.accessToken({ service: 'payments-pipeline' }),
    }
    const declare = async () => JSON.parse(await runRecipe(t, language, 'declare', env))
    const made = await declare()
    assert.deepEqual([made.requirePkce, typeof made.retrieval.token], [true, 'string'])
    assert.deepEqual((await declare()).changes, [])
    const changed = JSON.parse(await runRecipe(t, language, 'change', env))
    assert.deepEqual([changed.enabled, changed.status], [false, 'disabled'])
    await edit(service, { enabled: true })
    const { reconciled, status } = JSON.parse(await runRecipe(t, 'sh', 'reconcile', env))
    assert.deepEqual(
      [reconciled, status],
      [[{ pointer: '/enabled', expected: false, actual: true }], 'disabled'],
    )
    await ageCreates(service.env['DATABASE_URL'])
    await runRecipe(t, 'sh', 'retire', env)
    assert.deepEqual(service.sandbox.pingFederate.clients(), [])
  })

test('the recipe of a login check says that people can log in, and each outcome has a row', {
  skip: await findMissing('sh'),
}, async t => {
  const service = await startTestService(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const TOKEN = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  const { isReady } = JSON.parse(await runRecipe(t, 'sh', 'check', { SERVICE: service.url, TOKEN }))
  assert.equal(isReady, true)
  const [, table = ''] = /\n\| `outcome` \|.+\n\|[-|]+\|\n((?:\|.*\|\n)+)/.exec(document) ?? []
  const rows = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, outcome]) => outcome)
  assert.deepEqual(rows, loginOutcomes)
})

test('the recipe of a web session has the client id and the secret, which logs in', {
  skip: await findMissing('sh'),
}, async t => {
  const service = await startTestService(t)
  const { body } = await service.call('POST', '/web-session-clients', { body: smallest })
  const TOKEN = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  const env = { SERVICE: service.url, TOKEN, RETRIEVAL_TOKEN: body.retrieval.token }
  const { clientCredentials } = JSON.parse(await runRecipe(t, 'sh', 'websession', env))
  assert.equal(clientCredentials.clientId, 'pa_wam')
  assert.ok(await logsIn(service, clientCredentials.clientSecret.value))
})

test('the recipe of a delivery puts the secret into a web session of PingAccess', {
  skip: await findMissing('sh'),
}, async t => {
  const service = await startWithPingAccess(t)
  await service.call('POST', '/web-session-clients', { body: smallest })
  const TOKEN = await service.sandbox.accessToken({ service: 'payments-pipeline' })
  const { delivery } = JSON.parse(await runRecipe(t, 'sh', 'deliver', { SERVICE: service.url, TOKEN }))
  assert.equal(delivery.webSessions[0].name, 'pa_wam')
})
