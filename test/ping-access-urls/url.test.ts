import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findBroken, normalise, type PingAccessUrlRules } from '../../src/ping-access-urls/url.ts'
import { accepted, acceptedAddresses } from './urls/accepted.ts'
import { refused, refusedAddresses } from './urls/refused.ts'

const rules = { callbackPath: '/pa/oidc/cb', requireFullyQualifiedHosts: false, allowIpHosts: false }
const find = (url: string, options: Partial<PingAccessUrlRules> = {}) =>
  findBroken(url, { ...rules, ...options })
const rulesOf = (url: string, options: Partial<PingAccessUrlRules> = {}): string[] =>
  find(url, options).map(({ rule }) => rule)

test('each accepted URL breaks no rule and has one normal form, which is its own', async t => {
  for (const [url, normal] of accepted)
    await t.test(url, () => {
      assert.deepEqual(find(url), [])
      assert.equal(normalise(url), normal)
      assert.equal(normalise(normal), normal)
    })
})

test('each refused URL names every rule it breaks, with a fix', async t => {
  for (const [url, ...broken] of refused)
    await t.test(JSON.stringify(url), () => {
      assert.deepEqual(rulesOf(url).sort(), [...broken].sort())
      for (const { fix, detail } of find(url)) assert.ok(fix.length > 5 && detail.length > 5)
    })
})

test('where IP hosts are permitted, plain addresses and localhost are accepted and odd notations are not', async t => {
  for (const [url, normal] of acceptedAddresses)
    await t.test(url, () => {
      assert.deepEqual(find(url, { allowIpHosts: true }), [])
      assert.equal(normalise(url), normal)
      assert.deepEqual(rulesOf(url), ['no_ip_host'])
    })
  for (const [url, ...broken] of refusedAddresses)
    await t.test(url, () => assert.deepEqual(rulesOf(url, { allowIpHosts: true }), broken))
})

test('only the configured callback path makes a URL a redirect URI', () => {
  const options = { callbackPath: '/sso/cb' }
  assert.deepEqual(rulesOf('https://a.example.com/sso/cb', options), ['base_url_only'])
  assert.deepEqual(rulesOf('https://a.example.com/pa/oidc/cb', options), [])
})

const proposal = /^(?:Send|If you mean this very host, send its punycode form:) (https:\/\/[^ ]+\.\w+)\.$/

test('a fix that is a URL is one that is accepted', () => {
  let proposals = 0
  for (const [url] of refused)
    for (const { fix } of find(url)) {
      const [, proposed] = proposal.exec(fix) ?? []
      if (!proposed || find(url).length > 1) continue
      proposals += 1
      assert.deepEqual(rulesOf(proposed), [], `${url} → ${proposed}`)
    }
  assert.ok(proposals > 5, `${proposals} URLs were proposed`)
})
