import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findSuspiciousSettings } from '../../src/diagnosis/suspicious-settings.ts'
import { Environment, secretVariables } from '../../src/environment.ts'
import { startTestService } from '../service.ts'

const known = [...Object.keys(Environment.properties), ...secretVariables.map(name => `${name}_FILE`)]
const find = (...names: string[]) =>
  findSuspiciousSettings(Object.fromEntries(names.map(name => [name, 'planted'])), known)

const misspelt: [string, string][] = [
  ['PINGFEDERATE_ADMIN_ULR', 'PINGFEDERATE_ADMIN_URL'],
  ['PINGFEDERATE_TIMEOUT', 'PINGFEDERATE_TIMEOUT_MS'],
  ['PINGACCESS_CALBACK_PATH', 'PINGACCESS_CALLBACK_PATH'],
  ['JWT_AUDIANCE', 'JWT_AUDIENCE'],
  ['JWT_TEAM_CLAIM', 'JWT_TEAMS_CLAIM'],
  ['JWT_ISSUER_FILE', 'JWT_ISSUER'],
  ['jwt_issuer', 'JWT_ISSUER'],
  ['RATE_LIMITS_PER_TEAM', 'RATE_LIMIT_PER_TEAM'],
  ['RETRIEVAL_TTL_SECOND', 'RETRIEVAL_TTL_SECONDS'],
  ['SECERT_KEY', 'SECRET_KEY'],
  ['SECRET_KEY_PREVIOUS', 'SECRET_KEYS_PREVIOUS'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['METRIC_PORT', 'METRICS_PORT'],
  ['LOGLEVEL', 'LOG_LEVEL'],
]

test('a misspelt variable is named with the one that was meant', async t => {
  for (const [name, meant] of misspelt) {
    await t.test(name, () =>
      assert.deepEqual(find(name), [
        { setting: name, reason: 'is not read: there is no such setting', fix: `Did you mean ${meant}?` },
      ]),
    )
  }
})

test('a variable of ours that resembles none is named without a guess', () => {
  const [warning] = find('JWT_CLOCK_TOLERANCE_IN_MINUTES')
  assert.match(String(warning?.fix), /^README\.md/)
})

test('variables that are read, are empty or are others’ are not named', () => {
  assert.deepEqual(find(...known), [])
  assert.deepEqual(findSuspiciousSettings({ JWT_AUDIANCE: '' }, known), [])
  const others = ['PATH', 'HOME', 'HOSTNAME', 'PWD', 'NODE_ENV', 'NODE_OPTIONS', 'POST', 'TZ', 'NO_PROXY']
  assert.deepEqual(find(...others, 'PING_IDENTITY_DEVOPS_KEY', 'KUBERNETES_SERVICE_HOST'), [])
})

test('variables that Kubernetes sets for a service called pingfederate are not named', () => {
  const ports = ['PORT', 'PORT_9999_TCP', 'PORT_9999_TCP_ADDR', 'PORT_9999_TCP_PORT', 'PORT_9999_TCP_PROTO']
  const names = [...ports, 'SERVICE_HOST', 'SERVICE_PORT', 'SERVICE_PORT_ADMIN']
  assert.deepEqual(find(...names.map(name => `PINGFEDERATE_${name}`)), [])
})

test('a proxy variable is named in a warning at the start as not honoured, without its value', async t => {
  for (const setting of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']) {
    assert.match(find(setting)[0]?.reason ?? '', /^is not honoured/)
  }
  const env = { HTTPS_PROXY: 'http://u:planted@proxy.test', JWT_AUDIANCE: 'planted' }
  const { logLines } = await startTestService(t, { env })
  const lines = logLines.map(line => JSON.parse(line)).filter(({ setting }) => setting)
  assert.deepEqual(
    lines.map(({ level, msg, setting }) => [level, msg, setting]),
    ['HTTPS_PROXY', 'JWT_AUDIANCE'].map(name => [
      'warn',
      'a setting may not do what is expected of it',
      name,
    ]),
  )
  assert.ok(!logLines.join('').includes('planted'))
})
