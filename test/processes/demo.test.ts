import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { compileCache } from '../compile-cache.ts'

const demo = fileURLToPath(new URL('../../src/sandbox/demo.ts', import.meta.url))

type Demo = ChildProcessByStdio<null, Readable, Readable>

const startDemo = (t: TestContext, folder: string, ...options: string[]): Demo => {
  const child = spawn(process.execPath, [demo, '--random-ports', ...options], {
    env: { ...compileCache, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGTERM'))
  return child
}

const makeFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-test-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

const finish = async (child: Demo) => {
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { output, errors, code }
}

/** What the demo writes until this text has been written. */
const readUntil = async (child: Demo, wanted: string): Promise<string> => {
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  while (!output.includes(wanted)) await once(child.stdout, 'data')
  return output
}

const runBash = async (script: string): Promise<string> => {
  const child = spawn('bash', ['-s'], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(script)
  return await text(child.stdout)
}

test('0 with --exit: two fields become a login, the secret is shown to nobody, nothing is left', async t => {
  const folder = await makeFolder(t)
  const { output, errors, code } = await finish(startDemo(t, folder, '--exit'))
  assert.equal(errors, '')
  assert.equal(code, 0, output)
  for (const promise of [
    /Start the stand-ins for PingFederate +✓ +\d+ ms/,
    /Start the stand-in for PingAccess +✓ +\d+ ms/,
    /Start the service as in production: node src\/main\.ts +✓ +\d+ ms/,
    /Get an access token as payments-pipeline +✓ +\d+ ms/,
    /Create a client with two fields: 201 +✓ +\d+ ms/,
    /sent +\{"clientId":"pa_wam","pingAccessUrls":\["https:\/\/mypingaccessserver:3000"\]\}/,
    /Find it in PingFederate, .+ +✓ +\d+ ms/,
    /Redirect URIs +https:\/\/mypingaccessserver:3000\/pa\/oidc\/cb/,
    /Bypass Authorization Approval +true/,
    /Redeem its secret: 200 +✓ +\d+ ms\n +secret +[\w-]{4}•+ \(64 characters\)/,
    /Redeem it again: 410 +✓ +\d+ ms\n +retrieval_redeemed/,
    /Have PingAccess trust PingFederate as GET \/token-provider says +✓ +\d+ ms/,
    /issuer +https:\/\/127\.0\.0\.1:\d+\n/,
    /Give it the web session of GET …\/web-session, and the secret +✓ +\d+ ms/,
    /Open https:\/\/mypingaccessserver:3000\/ and log in as ana +✓ +\d+ ms/,
    /page +Hello, Ana \(ana@example\.com\) This is \/\./,
    /Give it a new secret; .+: 201 +✓ +\d+ ms/,
    /Redeem the new secret: 200 +✓ +\d+ ms/,
    /Log in with the former secret and with the new one +✓ +\d+ ms/,
    /End the former secret: 204 +✓ +\d+ ms/,
    /Log in with the new secret; the former one is refused +✓ +\d+ ms/,
  ]) {
    assert.match(output, promise)
  }
  assert.doesNotMatch(output, /wscrt_[\w-]{57}|\b[\w-]{64}\b/, 'no token, no secret')
  assert.doesNotMatch(output, /✗/)
  assert.equal(stripVTControlCharacters(output), output, 'no colours in a pipe')
  assert.deepEqual(await readdir(folder), [])
})

test('1 when a step fails, with the step and its reason', async t => {
  const missing = join(await makeFolder(t), 'missing')
  const { output, code } = await finish(startDemo(t, missing, '--exit'))
  assert.equal(code, 1)
  assert.match(output, /Start the service as in production.+✗.+\n +ENOENT: no such file or directory/)
})

test('serves until SIGTERM: the curl commands work as they are printed, and nothing is left', async t => {
  const folder = await makeFolder(t)
  const child = startDemo(t, folder)
  const output = await readUntil(child, 'Ctrl-C ends it')
  const [, log = ''] = /What it logs +tail -f (\S+)/.exec(output) ?? []
  assert.match(await readFile(log, 'utf8'), /"msg":"starting"/)
  const [, page = ''] = /In the browser +(http:\S+\/documentation)/.exec(output) ?? []
  assert.equal((await fetch(page)).status, 200)
  const [script = ''] = /^# Get an access token[\s\S]+; echo$/m.exec(output) ?? []
  const lines = (await runBash(script)).split('\n')
  const [planned = '', created = '', redeemed = '', rotated = '', listed = '', events = '', stored = ''] =
    lines
  assert.equal(JSON.parse(planned).changes.length, 1)
  assert.equal(JSON.parse(created).clientId, 'my_app')
  assert.match(JSON.parse(redeemed).clientSecret, /^[\w-]{64}$/)
  assert.ok(Date.parse(JSON.parse(rotated).previousSecretEndsAt) > Date.now())
  assert.deepEqual(
    JSON.parse(listed).items.map(({ clientId }: { clientId: string }) => clientId),
    ['my_app'],
  )
  assert.ok(JSON.parse(events).items.some(({ action }: { action: string }) => action === 'secret.redeem'))
  assert.equal(JSON.parse(stored).items[0].redirectUris[0], 'https://my-app.example.com/pa/oidc/cb')
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'close'), [0, null])
  await assert.rejects(fetch(page), 'the service is gone')
  assert.deepEqual(await readdir(folder), [])
})

test('a step is shown in a pipe while it runs, and ends its line with the result and the time', async t => {
  const child = startDemo(t, await makeFolder(t), '--exit')
  const running = await readUntil(child, 'Start the service as in production')
  const { output, code } = await finish(child)
  assert.match(running, /Start the service as in production[^\n✓]*$/)
  assert.match(output, /^[^\n]*✓ +\d+ ms\n/)
  assert.equal(code, 0)
})

test('SIGINT in the middle of the walk-through ends it as cleanly', async t => {
  const folder = await makeFolder(t)
  const child = startDemo(t, folder)
  const output = await readUntil(child, 'Get an access token')
  child.kill('SIGINT')
  assert.deepEqual(await once(child, 'close'), [0, null])
  const [, url = ''] = /service +(http:\S+)/.exec(output) ?? []
  await assert.rejects(fetch(url))
  assert.deepEqual(await readdir(folder), [])
})
