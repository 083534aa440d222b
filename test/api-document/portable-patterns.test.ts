import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutUnicodePatterns } from '../../src/api-document/portable-patterns.ts'
import { visibleLine } from '../../src/http/visible-line.ts'
import { readDocument } from '../openapi/document.ts'

test('a pattern of Unicode classes stays out of the document, every other stays in', () => {
  assert.equal(withoutUnicodePatterns('pattern', visibleLine), undefined)
  assert.equal(withoutUnicodePatterns('pattern', '^[\\u{1F600}]$'), undefined)
  assert.equal(withoutUnicodePatterns('pattern', '^[a-z]+$'), '^[a-z]+$')
  assert.equal(withoutUnicodePatterns('description', '\\p{C}'), '\\p{C}')
})

test('a text whose pattern is left out says in words what it demands', async () => {
  const { components, paths } = await readDocument()
  const { team, name, description } = components.schemas.CreateWebSessionClient.properties
  const [byTeam] = paths['/web-session-clients'].get.parameters
  for (const { pattern, description: words } of [team, name, description, { ...byTeam, ...byTeam.schema }]) {
    assert.equal(pattern, undefined)
    assert.match(words, /One line of visible characters of any script, without blanks at either end\./)
  }
})
