import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toJsonText } from '../../src/api-document/document-text.ts'

test('201 stands before the 200 of the same operation, all else in order', () => {
  const answer = { description: 'An answer.' }
  const responses = { '200': answer, '201': answer, '401': answer, default: answer }
  assert.match(toJsonText({ post: { responses } }), /"201":.+"200":.+"401":.+"default":/)
})

test('the text says what the document says, also where a name or a value looks like a status', () => {
  const document = {
    paths: { '/a': { get: { responses: { '200': { description: 'status:200' } } } } },
    'status:x': ['"status:201"', { 200: 'two', 201: 'three' }],
  }
  for (const indent of [0, 2]) assert.deepEqual(JSON.parse(toJsonText(document, indent)), document)
})
