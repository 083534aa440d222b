import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type CallbackUnder, callbackUnders, toRedirectUri } from '../../src/ping-access-urls/callback.ts'
import { CreateWebSessionClient, WebSessionClient } from '../../src/web-session-clients/schema.ts'
import { liveRows } from '../../src/web-sessions/live-agreement-schema.ts'

const document = readFileSync(new URL('../../docs/pingaccess.md', import.meta.url), 'utf8')

test('docs/pingaccess.md shows the redirect URI that each callbackUnder gives', () => {
  const rows = [...document.matchAll(/^\| `(https:[^`]+)` \| `(\w+)`[^|]* \| `([^`]+)` \|/gm)]
  assert.deepEqual(
    rows.map(([, , callbackUnder]) => callbackUnder),
    callbackUnders,
  )
  for (const [, url = '', callbackUnder, redirectUri] of rows)
    assert.equal(toRedirectUri(url, callbackUnder as CallbackUnder, '/pa/oidc/cb'), redirectUri)
})

test('docs/pingaccess.md has a row for each field of a client that has to agree with PingAccess', () => {
  const [, table = ''] = /\n\| client \|.+\n\|[-|]+\|\n((?:\|.*\|\n)+)/.exec(document) ?? []
  const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name)
  for (const name of named) assert.ok(name in WebSessionClient.properties, name)
  // The others are nobody's affair but PingFederate's and this service's.
  const others = [
    'pingAccessUrls',
    'name',
    'description',
    'team',
    'refreshTokens',
    'accessTokenManager',
    'retrieval',
    'webSession',
  ]
  const settable = Object.keys(CreateWebSessionClient.properties).filter(name => !others.includes(name))
  for (const name of settable) assert.ok(named.includes(name), name)
})

test('docs/pingaccess.md has a row for everything that is compared on the live servers', () => {
  const [, table = ''] = /\n\| `row` \|.+\n\|[-|]+\|\n((?:\|.*\|\n)+)/.exec(document) ?? []
  const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)
  assert.deepEqual(named.toSorted(), liveRows.toSorted())
})

test('docs/pingaccess.md shows a secret’s way with JSON that parses and has no secret', () => {
  const [, text = ''] = /```json\n([\s\S]*?)```/.exec(document) ?? []
  const { clientCredentials } = JSON.parse(text)
  assert.deepEqual(clientCredentials, {
    clientId: 'pa_wam',
    clientSecret: { value: '<clientSecret>' },
    credentialsType: 'SECRET',
  })
})
