import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type BreakingChange, compareDocuments, permitsBreaking } from './compare-documents.ts'
import { harmlessRules, oneWayRules, toDocument, twoWayRules } from './rules.ts'

const rules = [...oneWayRules, ...twoWayRules, ...harmlessRules]

const goneFromResponse = {
  before: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
  after: { type: 'object', properties: { a: { type: 'string' } } },
}

const sharedPath = {
  '/shared': {
    get: {
      responses: {
        200: {
          description: 'Done',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Shared' } } },
        },
      },
    },
  },
}

const removedPath = { '/removed': { get: { responses: { 200: { description: 'Done' } } } } }

let folder: string
let forward: BreakingChange[]
let backward: BreakingChange[]

// One document holds all rules, because each comparison starts a process.
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'api-changes-'))
  const [earlier, later] = [join(folder, 'earlier.json'), join(folder, 'later.json')]
  const earlierDocument = toDocument(
    rules.map(rule => rule.before),
    { Shared: goneFromResponse.before },
    { ...sharedPath, ...removedPath },
  )
  const laterDocument = toDocument(
    rules.map(rule => rule.after),
    { Shared: goneFromResponse.after },
    sharedPath,
  )
  await writeFile(earlier, JSON.stringify(earlierDocument))
  await writeFile(later, JSON.stringify(laterDocument))
  const both = [compareDocuments(earlier, later), compareDocuments(later, earlier)] as const
  const [there, back] = await Promise.all(both)
  forward = there.breaking
  backward = back.breaking
})

after(() => rm(folder, { recursive: true }))

const under = (changes: BreakingChange[], pointer: string) =>
  changes.filter(change => change.pointer === pointer || change.pointer.startsWith(`${pointer}/`))
const at = (changes: BreakingChange[], title: string) =>
  under(changes, `#/paths/~1${rules.findIndex(rule => rule.title === title)}`)

for (const { title } of oneWayRules) {
  test(`breaking when ${title}, harmless the other way round`, () => {
    assert.notDeepEqual(at(forward, title), [])
    assert.deepEqual(at(backward, title), [])
  })
}

for (const { title } of twoWayRules) {
  test(`breaking when ${title}`, () => {
    assert.notDeepEqual(at(forward, title), [])
    assert.notDeepEqual(at(backward, title), [])
  })
}

for (const { title } of harmlessRules) {
  test(`harmless when ${title}`, () => {
    assert.deepEqual(at(forward, title), [])
    assert.deepEqual(at(backward, title), [])
  })
}

test('breaking when a path is removed, harmless the other way round', () => {
  assert.notDeepEqual(under(forward, '#/paths/~1removed'), [])
  assert.deepEqual(under(backward, '#/paths/~1removed'), [])
})

test('breaking when a shared schema of a response loses a property', () => {
  assert.notDeepEqual(under(forward, '#/paths/~1shared'), [])
  assert.deepEqual(under(backward, '#/paths/~1shared'), [])
})

test('rejects a document that is not an API description', async () => {
  const broken = join(folder, 'broken.json')
  await writeFile(broken, '{"openapi":')
  await assert.rejects(compareDocuments(broken, join(folder, 'later.json')))
})

const versions: [before: string, after: string, permits: boolean][] = [
  ['1.4.2', '2.0.0', true],
  ['1.4.2', '1.5.0', false],
  ['1.4.2', '1.4.2', false],
  ['2.0.0', '1.0.0', false],
  ['0.1.0', '0.2.0', true],
  ['0.1.0', '0.1.1', false],
  ['0.2.0', '0.1.0', false],
  ['0.9.0', '1.0.0', true],
]
for (const [earlier, later, permits] of versions) {
  test(`${earlier} → ${later} ${permits ? 'permits' : 'does not permit'} breaking changes`, () => {
    assert.equal(permitsBreaking(earlier, later), permits)
  })
}

test('rejects a version without three numbers', () => {
  assert.throws(() => permitsBreaking('1', '2.0.0'), /semantic version/)
})
