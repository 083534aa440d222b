import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileCache } from '../compile-cache.ts'
import { readCompose } from '../container/compose.ts'
import { basic } from './call-admin-api.ts'

const main = fileURLToPath(new URL('../../src/sandbox/main.ts', import.meta.url))

function start(env: Record<string, string>): ChildProcess {
  const names = ['ADMIN', 'ISSUER', 'RUNTIME', 'PINGACCESS_ADMIN', 'PINGACCESS_ENGINE']
  const ports = Object.fromEntries(names.map(name => [`SANDBOX_${name}_PORT`, '0']))
  return spawn(process.execPath, [main], {
    env: { ...compileCache, ...ports, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`prints its addresses once, answers there and stops with 0 on ${signal}`, async () => {
    const child = start({
      SANDBOX_ADMIN_PASSWORD: 'given',
      SANDBOX_SECRET_PAYMENTS_PIPELINE: 'also-given',
      SANDBOX_CLUSTER: 'clustered',
    })
    const [printed] = await once(child.stdout ?? child, 'data')
    const text = String(printed)
    const [url = ''] = /http:\S+\/pf-admin-api\/v1/.exec(text) ?? []
    assert.match(text, /^ {2}payments-pipeline also-given /m)
    assert.match(text, /OpenID issuer http:\/\/127\.0\.0\.1:\d+/)
    const headers = { authorization: basic('administrator', 'given'), 'x-xsrf-header': 'PingFederate' }
    assert.equal((await fetch(`${url}/cluster/status`, { headers })).status, 200)
    const [, pingAccess = '', password = ''] =
      /PingAccess admin API (\S+), Administrator (\S+)/.exec(text) ?? []
    const asAdministrator = { authorization: basic('Administrator', password), 'x-xsrf-header': 'PingAccess' }
    assert.equal((await fetch(`${pingAccess}/version`, { headers: asAdministrator })).status, 200)
    assert.match(text, /issuer https:\S+ with this certificate:\n-----BEGIN CERTIFICATE-----\n/)
    child.kill(signal)
    assert.deepEqual(await once(child, 'exit'), [0, null])
  })
}

/** What a sandbox of its own says of its version, both when it starts and when it is asked. */
async function versionOf(env: Record<string, string>): Promise<string> {
  const child = start({ ...env, SANDBOX_ADMIN_PASSWORD: 'given' })
  const [printed] = await once(child.stdout ?? child, 'data')
  const [, version, url] = /^PingFederate (\S+) admin API (\S+),/m.exec(String(printed)) ?? []
  const headers = { authorization: basic('administrator', 'given'), 'x-xsrf-header': 'PingFederate' }
  const answer = await fetch(`${url}/version`, { headers })
  assert.deepEqual(await answer.json(), { version })
  child.kill()
  await once(child, 'exit')
  return String(version)
}

test('is the version of PingFederate that compose runs, unless it is told another', async () => {
  const [, composed] =
    /PINGFEDERATE_TAG:-\d+-([\d.]+)}/.exec(
      String(readCompose('docker-compose.yml').services['pingfederate']?.image),
    ) ?? []
  assert.equal(await versionOf({}), `${composed}.0`)
  assert.equal(await versionOf({ SANDBOX_VERSION: '12.1.0.4' }), '12.1.0.4')
})

test('refuses to start with a setting that it does not understand', async () => {
  for (const env of [
    { SANDBOX_CLUSTER: 'maybe' },
    { SANDBOX_ADMIN_PORT: 'http' },
    { SANDBOX_VERSION: 'newest' },
  ]) {
    const child = start(env)
    const [[printed], [code]] = await Promise.all([once(child.stderr ?? child, 'data'), once(child, 'exit')])
    assert.notEqual(code, 0)
    assert.ok(String(printed).length > 0)
  }
})
