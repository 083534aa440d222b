import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPlainUrl, isUpstreamUrl } from '../src/upstream-url.ts'

test('an upstream is spoken to by https, or by http on this very machine', () => {
  for (const url of [
    'https://pf.example.com:9999',
    'https://pf.example.com/below',
    'http://localhost:9999',
    'http://127.0.0.1',
    'http://127.9.9.9',
    'http://[::1]:9999',
  ])
    assert.ok(isUpstreamUrl(url), url)
  for (const url of [
    'http://pf.example.com',
    'http://localhost.example.com',
    'http://128.0.0.1',
    'http://[::2]',
    'ftp://localhost',
    'pf.example.com',
    '',
  ])
    assert.ok(!isUpstreamUrl(url), url)
})

test('a plain URL has no user, query or fragment, not even an empty one', () => {
  const isPlain = (url: string) => isPlainUrl(url, () => true)
  assert.ok(isPlain('https://pf.example.com/path'))
  for (const rest of ['?', '?a=b', '#', '#a']) assert.ok(!isPlain(`https://pf.example.com/${rest}`), rest)
  for (const user of ['user@', ':word@', 'user:word@'])
    assert.ok(!isPlain(`https://${user}pf.example.com`), user)
})
