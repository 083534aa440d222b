import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseConfig } from '../../src/config.ts'
import { proxyVariables } from '../../src/diagnosis/suspicious-settings.ts'
import { Environment } from '../../src/environment.ts'
import { replaceConfigurationTable } from './configuration-table.ts'

const root = new URL('../../', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8')
const readme = read('README.md')
const documents = [
  'README.md',
  ...readdirSync(new URL('docs/', root), { recursive: true }).flatMap(name =>
    String(name).endsWith('.md') ? [`docs/${name}`] : [],
  ),
]

test('the README’s configuration table is what the code says', () => {
  assert.equal(replaceConfigurationTable(readme), readme)
})

test('every upper-case setting that a document names exists, and configuration accepts it', () => {
  const known = new Set([
    ...Object.keys(Environment.properties),
    ...proxyVariables,
    'PINGFEDERATE_API_DESCRIPTION',
    'PINGACCESS_API_DESCRIPTION',
    'RETRIEVAL_TOKEN',
    // Node.js’s own.
    'NODE_OPTIONS',
  ])
  const named = documents.flatMap(name =>
    [...read(name).matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[a-z]+)?`/g)].map(([, setting = '']) =>
      setting.replace(/_FILE$/, ''),
    ),
  )
  const unknown = named.filter(setting => !known.has(setting) && !known.has(`${setting}_FILE`))
  assert.deepEqual([...new Set(unknown)], [])
  assert.throws(() => parseConfig({}), /PINGFEDERATE_ADMIN_URL/)
})

test('every file that a document links to or names under src, test, docs or openapi exists', () => {
  const missing = documents.flatMap(name => {
    const folder = new URL(name, root)
    const links = [...read(name).matchAll(/\]\(([^)#:]+)\)/g)].map(
      ([, target = '']) => new URL(target, folder),
    )
    const paths = [...read(name).matchAll(/`((?:src|test|docs|openapi)\/[\w./-]+)`/g)].map(
      ([, target = '']) => new URL(target, root),
    )
    return [...links, ...paths]
      .filter(url => !existsSync(url))
      .map(url => `${name}: ${url.pathname.slice(root.pathname.length)}`)
  })
  assert.deepEqual(missing, [])
})

test('every npm script that the README names exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const named = [...readme.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script)
  assert.deepEqual(
    named.filter(script => !scripts[script]),
    [],
  )
})
