import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { Agent } from 'undici'
import { createIssuerKeys } from '../../src/authentication/issuer-keys.ts'
import { DatabaseUnavailable } from '../../src/database/unavailable.ts'
import {
  databaseReasons,
  issuerReasons,
  toDatabaseReason,
  toIssuerReason,
} from '../../src/health/failing-checks.ts'
import { listen } from '../../src/sandbox/listen.ts'
import { createKey, startIssuer } from '../authentication/issuer.ts'

const withCode = (code: string) => Object.assign(new Error('planted'), { code })

test('the database’s reason is that of the innermost code', () => {
  for (const [error, reason] of [
    [new DatabaseUnavailable(withCode('ECONNREFUSED')), 'unreachable'],
    [new DatabaseUnavailable(withCode('28P01')), 'refused'],
    [new DatabaseUnavailable(withCode('3D000')), 'refused'],
    [new DatabaseUnavailable(withCode('53300')), 'exhausted'],
    [withCode('ERR_SQLITE_ERROR'), 'failed'],
    [undefined, 'failed'],
  ] as const)
    assert.equal(toDatabaseReason(error), reason)
})

/** Why the keys of this issuer cannot be had. */
const reasonOf = async (issuer: string) => {
  const dispatcher = new Agent()
  const { warm } = createIssuerKeys({ issuer, jwksUrl: undefined, dispatcher, now: Date.now })
  return await warm()
    .then(() => 'ok', toIssuerReason)
    .finally(() => dispatcher.destroy())
}

test('the issuer’s reason is what came of the question', async t => {
  const issuer = await startIssuer(t, [await createKey('first')])
  assert.equal(await reasonOf(issuer.url), 'ok')
  assert.equal(await reasonOf(`${issuer.url}/`), 'another_issuer')
  issuer.answer('discovery', response => void response.writeHead(500).end())
  assert.equal(await reasonOf(issuer.url), 'unusable_answer')
  issuer.answer('discovery', response => void response.destroy())
  assert.equal(await reasonOf(issuer.url), 'unreachable')
  issuer.answer('discovery', undefined)
  issuer.answer('jwks', response => void response.end('{}'))
  assert.equal(await reasonOf(issuer.url), 'unusable_answer')
  const tls = issuer.url.replace('http:', 'https:')
  assert.equal(await reasonOf(tls), 'tls')
})

test('the issuer’s reason is a timeout where its answer does not come', async t => {
  await using silent = await listen(
    createServer(() => undefined),
    0,
    '127.0.0.1',
  )
  t.mock.method(AbortSignal, 'timeout', () => AbortSignal.abort(new DOMException('', 'TimeoutError')))
  assert.equal(await reasonOf(`http://127.0.0.1:${silent.port}`), 'timeout')
})

test('docs/operations.md and the code name the same reasons with the same meaning', () => {
  const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const rows = text.matchAll(/^\| (database|issuer) \| `(\w+)` \| (.+) \|$/gm)
  const inCode = Object.entries({ database: databaseReasons, issuer: issuerReasons }).flatMap(
    ([check, reasons]) => Object.entries(reasons).map(row => [check, ...row]),
  )
  assert.deepEqual(
    [...rows].map(([, ...row]) => row),
    inCode,
  )
})
