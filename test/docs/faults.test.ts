import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8')
const lastRow = 86
/** Rows of the matrix that nothing holds yet, as the document says. */
const notHeld: number[] = []
const wanted = Array.from({ length: lastRow }, (_, index) => index + 1).filter(row => !notHeld.includes(row))

/** Rows of the document: number, and the files that it says hold it. */
const rows = [...read('docs/faults.md').matchAll(/^\| (\d+) \| .+ \| .+ \| (.+) \|$/gm)].map(
  ([, number, files = '']) => ({
    number: Number(number),
    files: [...files.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file),
  }),
)

/** A title, or the beginning of one in a table of cases, that starts with the number of a row. */
const title = /(?:test\(\s*|\[\s*)(['`])(\d{1,2}): /g

/** The files with tests of each row. */
const held = new Map<number, string[]>()
for (const file of globSync('test/**/*.ts', { cwd: fileURLToPath(root) }).sort())
  for (const number of new Set([...read(file).matchAll(title)].map(([, , digits]) => Number(digits))))
    held.set(number, [...(held.get(number) ?? []), file])

test('docs/faults.md has every row of the fault matrix that is held, once', () => {
  assert.deepEqual(
    rows.map(({ number }) => number),
    wanted,
  )
})

test('every row of docs/faults.md names a file, and each has a test whose title begins with its number', () => {
  for (const { number, files } of rows) {
    assert.ok(files.length > 0, `row ${number}`)
    for (const file of files) assert.ok(held.get(number)?.includes(file), `row ${number}: ${file}`)
  }
  assert.deepEqual(
    [...held.keys()].filter(number => !wanted.includes(number)),
    [],
  )
})
