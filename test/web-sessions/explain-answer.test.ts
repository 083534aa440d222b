import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explainAnswer, explainPage } from '../../src/web-sessions/explain-answer.ts'
import { loginOutcomes } from '../../src/web-sessions/login-check-schema.ts'

const answers = [
  { kind: 'known' },
  { kind: 'refused', error: 'invalid_scope' },
  { kind: 'refused', error: 'server_error' },
  { kind: 'refused', error: 'something_new' },
  { kind: 'elsewhere', origin: 'https://sso.example.com' },
  { kind: 'elsewhere', origin: undefined },
  { kind: 'unexpected', status: 404 },
  { kind: 'unreachable', reason: 'tls', code: 'SELF_SIGNED_CERT_IN_CHAIN' },
  { kind: 'unreachable', reason: 'timeout', code: undefined },
  { kind: 'unreachable', reason: 'unreachable', code: 'ECONNREFUSED' },
] as const

const pages = ['same', 'no_client', 'disabled', 'no_redirect_uri', 'unknown'] as const

const all = [...answers.map(explainAnswer), ...pages.map(explainPage)]

test('every outcome is that of an answer, and all but the good one say what to do', () => {
  assert.deepEqual(new Set(all.map(({ outcome }) => outcome)), new Set(loginOutcomes))
  for (const { outcome, fix } of all) assert.equal(fix === null, outcome === 'ready')
})

test('what the node said is told: its error code, its status, its reason, where it redirects to', () => {
  const details = all.map(({ detail, error }) => `${error} ${detail}`).join('\n')
  for (const told of [
    'something_new',
    'https://sso.example.com',
    '404',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'ECONNREFUSED',
  ])
    assert.ok(details.includes(told), told)
})
