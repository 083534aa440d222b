import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainPingFederate } from '../../src/diagnosis/explain-ping-federate.ts'
import { type FailureKind, PingFederateFailure } from '../../src/pingfederate/failure.ts'
import { Secret } from '../../src/secret.ts'

const config = {
  adminUrl: 'https://pf.test:9999',
  credentials: { kind: 'basic' as const, username: 'admin', password: new Secret('word') },
}

const explain = (...failure: ConstructorParameters<typeof PingFederateFailure>) =>
  explainPingFederate(new PingFederateFailure(...failure), config) ?? assert.fail()

/** Kinds of failure, and the settings that the way out names. */
const settings: [FailureKind, RegExp][] = [
  ['unreachable', /PINGFEDERATE_ADMIN_URL \(https:\/\/pf\.test:9999\).+can be reached from here/],
  ['timeout', /PINGFEDERATE_ADMIN_URL \(https:\/\/pf\.test:9999\).+PINGFEDERATE_TIMEOUT_MS/],
  ['tls', /PINGFEDERATE_CA_FILE/],
  ['credentials', /PINGFEDERATE_ADMIN_USERNAME/],
  ['forbidden', /the role Admin/],
  ['unexpected', /Something else .+ at PINGFEDERATE_ADMIN_URL \(https:\/\/pf\.test:9999\)/],
  ['server-error', /PingFederate’s log/],
]

test('each kind of failure is explained with what an operator can do about it', () => {
  for (const [kind, fix] of settings) assert.match(explain(kind).fix, fix, kind)
})

test('the reason is the kind, with the status or the code where there is one', () => {
  assert.equal(explain('tls').reason, 'tls')
  assert.equal(explain('unexpected', { status: 404 }).reason, 'unexpected (404)')
  const cause = Object.assign(new Error(), { code: 'ECONNREFUSED' })
  assert.equal(explain('unreachable', { cause }).reason, 'unreachable (ECONNREFUSED)')
})

test('what is no failure of PingFederate is not explained as one', () => {
  assert.equal(explainPingFederate(new Error('defect'), config), undefined)
})
