import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClientId } from '../src/client-id.ts'
import { compileSchema } from '../src/http/compilation.ts'
import { acceptedClientIds, refusedClientIds } from './web-session-clients/texts.ts'

const isClientId = compileSchema({ schema: ClientId })

test('a client id is 1 to 64 letters, digits, dots, hyphens and underscores, whatever else it looks like', () => {
  for (const clientId of acceptedClientIds) assert.ok(isClientId(clientId), clientId)
})

test('anything else is none, and neither is what begins like a retrieval token', () => {
  for (const [clientId, ...rules] of refusedClientIds)
    assert.equal(isClientId(clientId), rules.includes('no_secret'), JSON.stringify(clientId))
})
