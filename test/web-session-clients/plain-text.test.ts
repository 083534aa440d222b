import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findUnfitTexts } from '../../src/web-session-clients/plain-text.ts'
import { acceptedClientIds, acceptedTexts, refusedClientIds, refusedTexts } from './texts.ts'

const ofSchema = ['type', 'pattern', 'minLength', 'maxLength']
const beyondSchema = (rules: readonly string[]): string[] => rules.filter(rule => !ofSchema.includes(rule))

const found = (body: Parameters<typeof findUnfitTexts>[0]): (string | undefined)[][] =>
  findUnfitTexts(body).map(({ pointer, rule }) => [pointer, rule])

test('name and description are refused for what a schema cannot say, each at its own place', () => {
  for (const [text, ...rules] of refusedTexts) {
    const broken = beyondSchema(rules)
    if (broken.length === 0) continue
    assert.deepEqual(
      found({ name: text, description: text }),
      ['/name', '/description'].flatMap(pointer => broken.map(rule => [pointer, rule])),
      JSON.stringify(text),
    )
  }
})

test('a client id is refused for a token anywhere in it, and for nothing else', () => {
  for (const [clientId, ...rules] of refusedClientIds)
    if (rules.includes('no_secret'))
      assert.deepEqual(found({ clientId }), [['/clientId', 'no_secret']], String(clientId))
  for (const clientId of acceptedClientIds) assert.deepEqual(found({ clientId }), [], clientId)
})

test('markup, templates and every script are texts like any other', () => {
  for (const text of acceptedTexts) assert.deepEqual(found({ name: text, description: text }), [], text)
})

test('what is no text is the schema’s affair', () => {
  for (const body of [null, {}, { name: 1, description: null, clientId: ['a'] }])
    assert.deepEqual(found(body), [])
})

test('a value that looks like a secret is not repeated, any other is', () => {
  const [marked] = findUnfitTexts({ name: 'Portal [web-session-clients' })
  assert.equal(marked?.value, 'Portal [web-session-clients')
  const [secret] = findUnfitTexts({ name: `wscrt_${'x'.repeat(57)}` })
  assert.ok(secret && !('value' in secret))
})
