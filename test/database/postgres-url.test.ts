import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPostgresUrl } from '../../src/database/postgres-url.ts'

test('a URL of PostgreSQL is taken, with a password whose signs are encoded', () => {
  for (const url of [
    'postgres://db/clients',
    'postgresql://user:word@db.example.com:5432/clients?sslmode=verify-full',
    'postgres://user:p%2Fa%3Fs%23s%40@db/clients',
  ])
    assert.ok(isPostgresUrl(url), url)
})

test('no URL, one of something else, and one whose password ends the host early, are not', () => {
  for (const url of [
    '',
    'db/clients',
    'sqlite:data.db',
    'https://db/clients',
    'postgres://user:pa/ss@db/clients',
    'postgres://user:pa?ss@db/clients',
    'postgres://user:pa#ss@db/clients',
  ])
    assert.ok(!isPostgresUrl(url), url)
})
