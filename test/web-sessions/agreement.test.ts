import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ClientSettings } from '../../src/pingfederate/client-settings.ts'
import { pingAccessDefaults } from '../../src/web-session-clients/defaults.ts'
import { toAgreement } from '../../src/web-sessions/agreement.ts'

const urls = {
  pingAccessUrls: ['https://pay.example.com', 'https://pay.example.com/shop', 'https://b.example.com:8443'],
  redirectUris: ['https://pay.example.com/pa/oidc/cb', 'https://b.example.com:8443/pa/oidc/cb'],
}

const agree = (settings: Partial<ClientSettings> = {}) =>
  toAgreement({ clientId: 'pa_wam', settings: { ...pingAccessDefaults, ...urls, ...settings } })

const needed = (settings: Partial<ClientSettings>, what: RegExp) =>
  agree(settings).find(({ pingAccess }) => what.test(pingAccess))?.needed

test('each field of a client that docs/pingaccess.md says has to agree is among what is answered', () => {
  const document = readFileSync(new URL('../../docs/pingaccess.md', import.meta.url), 'utf8')
  const [, table = ''] = /\n\| client \|.+\n\|[-|]+\|\n((?:\|.*\|\n)+)/.exec(document) ?? []
  const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => `/${name}`)
  assert.ok(named.length >= 8)
  const answered = agree().map(({ client }) => client)
  assert.deepEqual(
    named.filter(name => !answered.includes(name)),
    [],
  )
})

test('every virtual host with its port is needed once, whatever its context roots', () => {
  assert.deepEqual(needed({}, /Virtual hosts/), ['pay.example.com:443', 'b.example.com:8443'])
  assert.equal(needed({}, /Reserved application/), '/pa')
})

test('what a client does not have is needed nowhere', () => {
  assert.equal(needed({}, /Single logout/), null)
  assert.equal(needed({ logout: 'pingaccess' }, /Single logout/), true)
  assert.equal(needed({}, /base path/), false)
  assert.equal(needed({ callbackUnder: 'contextRoot' }, /base path/), true)
  assert.equal(needed({ oidcPolicy: 'strict' }, /OpenID Connect policy/), 'strict')
  assert.deepEqual(needed({ scopes: ['openid', 'email'] }, /^Scopes/), ['email'])
})
