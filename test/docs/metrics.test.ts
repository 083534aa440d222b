import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { createMetrics } from '../../src/metrics/metrics.ts'
import { parseExposition } from '../metrics/exposition.ts'

const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

const { names, samples } = parseExposition(await createMetrics().exposition.render())

test('docs/operations.md has a row for every metric, and none for one that does not exist', () => {
  const rows = [
    ...read('operations.md').matchAll(
      /^\| `((?:web_session_clients|process|nodejs)_\w+)(?:\{[\w, ]+\})?` \|/gm,
    ),
  ].map(([, name]) => name)
  assert.ok(names.length > 20)
  assert.deepEqual(rows.toSorted(), names.toSorted())
})

type Rule = { alert: string; expr: string; annotations: { summary: string } }

const rules: Rule[] = parse(read('prometheus-rules.yaml')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
)

test('every alert of docs/prometheus-rules.yaml is about a metric that exists, and says what it means', () => {
  assert.ok(rules.length > 5)
  for (const { alert, expr, annotations } of rules) {
    const named = expr.match(/(?:web_session_clients|process|nodejs)_\w+/g) ?? []
    assert.ok(named.length > 0, alert)
    for (const name of named) assert.ok(names.includes(name), `${alert}: ${name}`)
    assert.ok(annotations.summary.endsWith('.'), alert)
  }
})

test('every label value that an alert asks for is counted from the start', () => {
  for (const { alert, expr } of rules) {
    for (const [, name, selector = ''] of expr.matchAll(/(web_session_clients_\w+)\{([^}]*)\}/g)) {
      for (const [, label = '', values = ''] of selector.matchAll(/(\w+)=~?"([^"]+)"/g)) {
        const known = samples.filter(each => each.name === name).map(({ labels }) => labels[label])
        for (const value of values.split('|')) assert.ok(known.includes(value), `${alert}: ${label}=${value}`)
      }
    }
  }
})
