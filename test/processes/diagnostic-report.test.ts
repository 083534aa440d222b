import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { findPlanted, type Planted } from '../secrets.ts'
import { prepareProcess, tokenOf } from '../service-process.ts'

const secretKey = Buffer.alloc(32, 'planted-key').toString('base64url')

/** A service process whose secrets are all in its environment, where a report would find them. */
const start = async (t: TestContext, nodeArguments: readonly string[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { sandbox, token, start } = await prepareProcess(t, {
    SECRET_KEY: secretKey,
    SECRET_KEYS_PREVIOUS: secretKey,
  })
  const service = await start({ nodeArguments: [`--report-directory=${folder}`, ...nodeArguments] })
  const body = JSON.stringify({ clientId: 'pa_wam', pingAccessUrls: ['https://mypingaccessserver:3000'] })
  const retrievalToken = tokenOf(await service.call('POST', '/web-session-clients', body))
  const redeemed = await service.call('POST', '/secret-retrievals', JSON.stringify({ token: retrievalToken }))
  const planted: Planted[] = [
    { name: 'server key', value: secretKey },
    { name: 'PingFederate password', value: sandbox.adminPassword },
    { name: 'access token', value: token },
    { name: 'retrieval token', value: retrievalToken },
    { name: 'client secret', value: String(redeemed.body['clientSecret']) },
  ]
  const readReport = async (): Promise<string> => {
    for (;;) {
      const [name] = await readdir(folder)
      const text = name === undefined ? '' : await readFile(join(folder, name), 'utf8')
      // It is written in pieces.
      if (text.trimEnd().endsWith('}') && text.includes('"sharedObjects"')) return text
      await setImmediate()
    }
  }
  return { service, planted, readReport }
}

test('a diagnostic report that an operator asks for has no secret in it, though all stand in the environment', async t => {
  const { service, planted, readReport } = await start(t, ['--report-on-signal', '--report-signal=SIGUSR2'])
  service.child.kill('SIGUSR2')
  const report = await readReport()
  assert.deepEqual(findPlanted(planted, report), [])
  assert.equal(JSON.parse(report).environmentVariables, undefined)
  assert.ok(report.includes('"commandLine"') && report.includes('main.'))
})

test('the process’s arguments have no secret in them, nor has what it starts', async t => {
  const tell = `process.on('SIGUSR2', () => {
    const { env } = JSON.parse(execFileSync(process.execPath, ['-p', 'JSON.stringify({ env: process.env })']))
    console.log(JSON.stringify({ env, own: process.env, argv: process.argv }))
  })`
  const source = `import { execFileSync } from 'node:child_process'; ${tell}`
  const { service, planted } = await start(t, [
    '--import',
    `data:text/javascript,${encodeURIComponent(source)}`,
  ])
  service.child.kill('SIGUSR2')
  const line = await service.logged('PINGFEDERATE_ADMIN_URL')
  assert.deepEqual(findPlanted(planted, line), [])
  assert.deepEqual(findPlanted(planted, JSON.stringify(service.child.spawnargs)), [])
})
