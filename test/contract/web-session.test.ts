import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestService } from '../service.ts'
import { fullest, smallest } from '../web-session-clients/requests.ts'
import { findDescription, loadDescription } from './description.ts'

const found = findDescription(process.env, 'PINGACCESS_API_DESCRIPTION')
const skip = found.missing
const description = found.missing === false ? loadDescription(found.path) : undefined

const requestHeaders = { 'x-xsrf-header': 'PingAccess' }
const post = (requestBody: unknown): string[] =>
  description?.check({
    method: 'POST',
    path: '/webSessions',
    requestHeaders,
    requestBody,
    status: undefined,
  }) ?? ['there is no description']

/** With the secret where the answer says that it belongs. */
const withSecret = <Body>(body: Body, pointer: string, secret: string): Body => {
  const filled = structuredClone(body)
  const names = pointer.split('/').slice(1)
  const last = names.pop() ?? assert.fail()
  // biome-ignore lint/suspicious/noExplicitAny: whatever the pointer leads to
  const holder = names.reduce<any>((each, name) => each[name], filled)
  assert.equal(holder[last], null)
  holder[last] = secret
  return filled
}

const unrestricted = { ...smallest, clientId: 'b'.repeat(64), requirePkce: true }
const openid = { ...smallest, clientId: 'openid-only', scopes: ['openid'] }

for (const client of [smallest, fullest, unrestricted, openid])
  test(`the web session of ${client.clientId} is one that PingAccess’s description takes, once the secret is put in and not before`, {
    skip,
  }, async t => {
    const { call } = await startTestService(t)
    assert.equal((await call('POST', '/web-session-clients', { body: client })).status, 201)
    const { body } = await call('GET', `/web-session-clients/${client.clientId}/web-session`)
    const { webSession, secretPointer } = body
    assert.deepEqual(post(withSecret(webSession, secretPointer, 'a-secret')), [])
    assert.match(post(webSession).join('\n'), /clientSecret\/value must be string/)
    // In words, and not in the schema.
    assert.ok(webSession.name.length <= 64 && webSession.audience.length <= 32)
  })
