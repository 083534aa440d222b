import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const src = join(import.meta.dirname, '../src')

/** `a -> b`, and the imports that make it. */
type Edges = Map<string, string[]>

/** The first part of a path below src; a file at the top stands for itself. The sandbox is no part of the service. */
const folderOf = (file: string): string => file.split('/')[0] ?? file

const sources = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  file => file.endsWith('.ts') && folderOf(file) !== 'sandbox',
)

/** Static and dynamic, of types as well: `from '…'`, `import '…'` and `import('…')`. */
const importPattern = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g

const findImports = (file: string): string[] =>
  [...readFileSync(join(src, file), 'utf8').matchAll(importPattern)].map(([, to = '']) =>
    relative(src, join(src, dirname(file), to)),
  )

const readEdges = (): Edges => {
  const edges: Edges = new Map()
  for (const file of sources) {
    for (const to of findImports(file)) {
      const [from, onto] = [folderOf(file), folderOf(to)]
      if (from === onto) continue
      const edge = `${from} -> ${onto}`
      edges.set(edge, [...(edges.get(edge) ?? []), `${file} imports ${to}`])
    }
  }
  return edges
}

const toPair = (edge: string): [from: string, onto: string] => edge.split(' -> ') as [string, string]

/** The shortest way from one folder to another, as edges. */
const findWay = (edges: readonly string[], from: string, onto: string): string[] | undefined => {
  const ways = new Map<string, string[]>([[from, []]])
  // Also visits what is added meanwhile, nearest first.
  for (const [folder, way] of ways) {
    for (const edge of edges) {
      const [a, b] = toPair(edge)
      if (a === folder && !ways.has(b)) ways.set(b, [...way, edge])
    }
  }
  return ways.get(onto)
}

/** The edges of a shortest circle; none where there is no circle. */
const findCircle = (edges: readonly string[]): string[] =>
  edges
    .flatMap(edge => {
      const [from, onto] = toPair(edge)
      const back = findWay(edges, onto, from)
      return back ? [[edge, ...back]] : []
    })
    .toSorted((one, other) => one.length - other.length)[0] ?? []

const describeEdges = (edges: Edges, circle: readonly string[]): string =>
  [
    'Folders of src import each other in a circle:',
    ...circle.map(edge => [edge, ...(edges.get(edge) ?? [])].join('\n  ')),
  ].join('\n')

test('no folder of src imports one that imports it, be it by way of others or for a type', () => {
  const edges = readEdges()
  const circle = findCircle([...edges.keys()])
  assert.deepEqual(circle, [], describeEdges(edges, circle))
})

test('files at the top that all folders may import import none of them', () => {
  for (const file of [
    'client-id.ts',
    'log.ts',
    'principal.ts',
    'problem.ts',
    'secret.ts',
    'upstream-url.ts',
    'version.ts',
  ])
    assert.deepEqual(
      findImports(file).filter(to => to.includes('/')),
      [],
      file,
    )
})

test('the graph has what is imported for a type, at once or later', () => {
  const found = [
    "import { a } from './a.ts'",
    "import type { b } from '../b/b.ts'",
    "export * from './c.ts'",
    "import './d.ts'",
    "await import('./e.ts')",
    "let f: import('./f.ts').F",
    "} from './g.ts'",
    "import h from 'node:fs'",
  ].flatMap(line => [...line.matchAll(importPattern)].map(([, to]) => to))
  assert.deepEqual(found, ['./a.ts', '../b/b.ts', './c.ts', './d.ts', './e.ts', './f.ts', './g.ts'])
})

test('of circles the shortest is told, and none where there is none', () => {
  const edges = ['a -> b', 'b -> c', 'c -> d', 'd -> b', 'd -> c', 'd -> e']
  assert.deepEqual(findCircle(edges), ['c -> d', 'd -> c'])
  assert.deepEqual(findCircle(edges.slice(0, 4)), ['b -> c', 'c -> d', 'd -> b'])
  assert.deepEqual(findCircle(edges.slice(0, 3)), [])
})
