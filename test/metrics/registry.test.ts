import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetricRegistry } from '../../src/metrics/registry.ts'
import { parseExposition, sumOf } from './exposition.ts'

const named = { name: 'planted', help: 'What it is.' }

test('an event counts from zero in every combination of its labels’ values', async () => {
  const { eventCounter, render } = createMetricRegistry()
  const count = eventCounter({ ...named, values: { kind: ['a', 'b'], outcome: ['done', 'failed'] } })
  count({ kind: 'b', outcome: 'done' })
  const { samples } = parseExposition(await render())
  assert.deepEqual(
    samples.map(({ labels, value }) => `${labels['kind']} ${labels['outcome']} ${value}`),
    ['a done 0', 'a failed 0', 'b done 1', 'b failed 0'],
  )
})

test('a value that is not known is no zero, with labels and without, also after it was known', async () => {
  for (const labels of [[], ['kind']]) {
    const { gauge, render } = createMetricRegistry()
    const known: [Record<string, string>, number][] = []
    gauge<string>({ ...named, labels, read: () => known })
    const read = async () => sumOf(parseExposition(await render()), 'planted')
    assert.equal(await read(), undefined)
    known.push([Object.fromEntries(labels.map(label => [label, 'a'])), 7])
    assert.equal(await read(), 7)
    known.pop()
    assert.equal(await read(), undefined)
  }
})

test('a sum that somebody else keeps is told as it stands, however often it is read', async () => {
  for (const labels of [{}, { kind: 'a' }]) {
    const { total, render } = createMetricRegistry()
    total<string>({ ...named, labels: Object.keys(labels), read: () => [[labels, 5]] })
    for (let time = 0; time < 2; time += 1)
      assert.equal(sumOf(parseExposition(await render()), 'planted', labels), 5)
  }
})
