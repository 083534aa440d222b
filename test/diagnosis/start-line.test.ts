import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toStartLine } from '../../src/diagnosis/start-line.ts'
import { version } from '../../src/version.ts'

test('the line of the start has version, kind of database, addresses and the policy’s hash, and no URL of the database', () => {
  const started = {
    pingFederate: { adminUrl: 'https://pf-admin.test:9999' },
    jwt: { issuer: 'https://sso.test', audience: 'https://clients.test' },
    policy: { file: { path: '/policy.json', sha256: 'abc' } },
  }
  const url = 'postgres://u:planted@db/clients'
  const line = toStartLine({ ...started, database: { kind: 'postgres', url } as never })
  assert.deepEqual(line, {
    version,
    database: 'postgres',
    pingFederate: 'https://pf-admin.test:9999',
    issuer: 'https://sso.test',
    audience: 'https://clients.test',
    policy: 'sha256:abc',
  })
  assert.equal(
    toStartLine({ ...started, database: { kind: 'sqlite' }, policy: { file: undefined } }).policy,
    'none',
  )
})
