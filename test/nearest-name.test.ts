import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findNearestName } from '../src/nearest-name.ts'

const known = ['clientId', 'pingAccessUrls', 'name', 'team', 'description', 'scopes']

const misspelt: [string, string][] = [
  ['pingAccessUrl', 'pingAccessUrls'],
  ['pingAcessUrls', 'pingAccessUrls'],
  ['pingAccesUrl', 'pingAccessUrls'],
  ['PingAccessURLs', 'pingAccessUrls'],
  ['ping_access_urls', 'pingAccessUrls'],
  ['ping-access-url', 'pingAccessUrls'],
  ['client_id', 'clientId'],
  ['cleintId', 'clientId'],
  ['nmae', 'name'],
  ['teams', 'team'],
  ['scope', 'scopes'],
]

test('a misspelt name is found: other case, hyphens, a letter too many, too few, wrong or swapped', () => {
  for (const [name, meant] of misspelt) assert.equal(findNearestName(name, known), meant, name)
})

test('a name that is like none of them, or far too long, is found nowhere', () => {
  for (const name of ['owner', 'tame1', 'redirectUris', '', 'x', 'pingAccessUrls'.repeat(5)])
    assert.equal(findNearestName(name, known), undefined, name)
  assert.equal(findNearestName('name', []), undefined)
})
