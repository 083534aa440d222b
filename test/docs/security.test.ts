import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
const document = read('docs/security.md')

type Claim = { row: string; tests: { file: string; title: string }[] }

/** The rows of every table whose last column is `held by`, each with the tests it names. */
const listClaims = (): Claim[] =>
  [...document.matchAll(/^\|[^\n]*\| held by \|\n\|[-|]+\|\n((?:\|.*\|\n)+)/gm)]
    .flatMap(([, rows = '']) => rows.trim().split('\n'))
    .map(row => ({
      row,
      tests: [...row.matchAll(/`(test\/[\w/.-]+)`: \*([^*]+)\*/g)].map(([, file = '', title = '']) => ({
        file,
        title,
      })),
    }))

/** Whether a file has a test of that title, whatever quotes it stands in; … stands for a value that is put in. */
const hasTest = (file: string, title: string): boolean => {
  const escaped = title.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&').replaceAll('…', '\\$\\{[^}]+\\}')
  return new RegExp(`\\btest\\(\\s*(['"\`])${escaped}\\1`).test(read(file))
}

test('each claim of docs/security.md names a test, or refers to what is not covered', () => {
  const claims = listClaims()
  assert.ok(claims.length >= 40, `only ${claims.length} rows were found`)
  const unheld = claims.filter(
    ({ row, tests }) => tests.length === 0 && !row.includes('see what is not covered'),
  )
  assert.deepEqual(unheld, [])
})

test('each test that docs/security.md names exists under that title', () => {
  const named = listClaims().flatMap(({ tests }) => tests)
  const absent = named.filter(({ file, title }) => !existsSync(new URL(file, root)) || !hasTest(file, title))
  assert.deepEqual(absent, [])
  const paths = [...document.matchAll(/`(test\/[\w/.-]+)`/g)]
  assert.equal(paths.length, named.length, 'a test is named without its title')
})

test('docs/security.md has every risk of the OWASP API Security Top 10 (2023)', () => {
  const risks = [...document.matchAll(/^\| (API\d+) /gm)].map(([, risk]) => risk)
  assert.deepEqual(
    risks,
    Array.from({ length: 10 }, (_, index) => `API${index + 1}`),
  )
})
