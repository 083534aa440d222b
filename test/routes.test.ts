import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { listOperations, readDocument } from './openapi/document.ts'

const src = join(import.meta.dirname, '../src')

/** Lines that a screen shows. */
const screen = 60

/** The schema, and right after it the function with the route and its handler. */
const operationPattern =
  /^const schema = \{\n {2}operationId: '(\w+)',\n(?: {2}.*\n)*\}\n\n\/\*\* `.+` \*\/\nexport const (\w+) = (?:[^}\n].*\n|\n)*\}\n/m

const operations = readdirSync(src, { recursive: true, encoding: 'utf8' }).flatMap(file => {
  const text = file.endsWith('.ts') ? readFileSync(join(src, file), 'utf8') : ''
  const [code, id, name] = operationPattern.exec(text) ?? []
  return code === undefined ? [] : [{ file, id, name, lines: code.split('\n').length - 1 }]
})

test('every operation has a file with its route right after its schema, in a function of its name', async () => {
  const documented = listOperations(await readDocument()).map(({ operation }) => operation['operationId'])
  assert.deepEqual(operations.map(({ id }) => id).toSorted(), documented.toSorted())
  for (const { file, id, name } of operations) assert.equal(name, id, file)
})

test('route, schema and handler of every operation fit on one screen', () => {
  const tooLong = operations.filter(({ lines }) => lines > screen)
  assert.deepEqual(tooLong, [])
})
