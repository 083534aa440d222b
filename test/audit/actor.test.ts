import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorOf, actorOfService } from '../../src/audit/actor.ts'

const principal = {
  subject: 'ana',
  clientId: undefined,
  actingParties: [],
  teams: ['payments'],
  scopes: new Set<string>(),
}

test('the actor of a request is its caller, with the request and the address it came from', () => {
  const request = { id: 'request', ip: '192.0.2.7', principal }
  assert.deepEqual(actorOf(request as never), { principal, requestId: 'request', address: '192.0.2.7' })
})

test('an address that nobody could learn is null', () => {
  assert.equal(actorOf({ id: 'request', ip: undefined, principal } as never).address, null)
})

test('what the service does by itself is told from every caller, and it has no team and no scope', () => {
  const { principal: itself, address } = actorOfService('recovery', 'request')
  assert.deepEqual(
    [itself.subject, itself.teams, itself.scopes.size],
    ['web-session-clients:recovery', [], 0],
  )
  assert.equal(address, null)
})
