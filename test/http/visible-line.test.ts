import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visibleCharacter, visibleLine } from '../../src/http/visible-line.ts'
import { acceptedTexts, refusedTexts } from '../web-session-clients/texts.ts'

const line = new RegExp(visibleLine, 'u')
const character = new RegExp(`^${visibleCharacter}$`, 'u')

test('a line of characters that are seen, with plain blanks between them, is visible', () => {
  for (const text of acceptedTexts) assert.match(text, line)
})

test('whatever is not seen, not assigned or reads backwards makes a line none', () => {
  for (const [text, ...rules] of refusedTexts)
    if (rules.includes('pattern')) assert.doesNotMatch(text, line, JSON.stringify(text))
})

test('a blank is no visible character, a letter of any script is one', () => {
  for (const text of ['a', 'ü', '支', '💶', '-']) assert.match(text, character)
  for (const text of [' ', '\t', '\u200B', '\u3164', '']) assert.doesNotMatch(text, character)
})
