import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addMarker, findMarker, stripMarker } from '../../src/pingfederate/marker.ts'

const operationId = '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'
const marker = `[web-session-clients ${operationId}]`

test('a marked description has its text and its operation again, whatever the text', () => {
  for (const text of [
    'Shop',
    'Two  blanks',
    'a\nb',
    '[',
    '[web-session-clients 01937b4e-6c1a-7c3e-9d53-000000000000]',
  ]) {
    const description = addMarker(text, operationId)
    assert.equal(findMarker(description), operationId)
    assert.equal(stripMarker(description), text)
  }
})

test('a marker is one at the very end, with and without the blank before it, and nowhere else', () => {
  for (const [description, text] of [
    [marker, ''],
    [`Shop${marker}`, 'Shop'],
    [`Shop ${marker}`, 'Shop'],
  ] as const)
    assert.deepEqual([findMarker(description), stripMarker(description)], [operationId, text])
  for (const description of [
    '',
    `${marker} Shop`,
    `Shop ${marker} `,
    `Shop ${marker}\n`,
    'Shop [web-session-clients]',
    `Shop [web-session-clients ${operationId.slice(1)}]`,
    `Shop [web-session-clients ${operationId.toUpperCase()}]`,
  ])
    assert.deepEqual([findMarker(description), stripMarker(description)], [undefined, description])
})
