import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifiedTokens } from '../../src/authentication/verified-tokens.ts'
import type { Principal } from '../../src/principal.ts'

const principal: Principal = {
  subject: 'ana',
  clientId: undefined,
  teams: ['payments'],
  scopes: new Set(['web-session-clients:read']),
  actingParties: [],
}
const begun = 1_000_000
const later = begun / 1000 + 3600

const start = () => {
  const clock = { now: begun }
  return { clock, tokens: createVerifiedTokens({ now: () => clock.now }) }
}

test('a token that was verified need not be verified again for a minute, and then it must be', () => {
  const { clock, tokens } = start()
  tokens.remember('Bearer a.b.c', principal, later)
  clock.now = begun + 59_999
  assert.equal(tokens.find('Bearer a.b.c'), principal)
  clock.now = begun + 60_000
  assert.equal(tokens.find('Bearer a.b.c'), undefined)
})

test('no other text is taken for a verified token', () => {
  const { tokens } = start()
  tokens.remember('Bearer a.b.c', principal, later)
  for (const other of ['Bearer a.b.d', 'Bearer a.b.c ', 'bearer a.b.c', 'Bearer\ta.b.c', 'a.b.c'])
    assert.equal(tokens.find(other), undefined)
})

test('a token is verified again from its end on, half a minute of clock difference allowed', () => {
  const { clock, tokens } = start()
  tokens.remember('Bearer a.b.c', principal, begun / 1000 - 20)
  clock.now = begun + 9_999
  assert.equal(tokens.find('Bearer a.b.c'), principal)
  clock.now = begun + 10_000
  assert.equal(tokens.find('Bearer a.b.c'), undefined)
})

test('a token is verified again when the clock was set back', () => {
  const { clock, tokens } = start()
  tokens.remember('Bearer a.b.c', principal, later)
  clock.now = begun - 1
  assert.equal(tokens.find('Bearer a.b.c'), undefined)
})

test('a thousand tokens are remembered, the latest ones', () => {
  const { tokens } = start()
  for (let token = 0; token <= 1_000; token += 1) tokens.remember(`Bearer ${token}`, principal, later)
  assert.equal(tokens.find('Bearer 0'), undefined)
  assert.equal(tokens.find('Bearer 1'), principal)
  assert.equal(tokens.find('Bearer 1000'), principal)
})
