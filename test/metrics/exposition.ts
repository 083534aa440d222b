import assert from 'node:assert/strict'
import type { TestService } from '../service.ts'

export type Sample = { name: string; labels: Record<string, string>; value: number }

/** Names as they are declared, and every sample, of Prometheus' text format 0.0.4. */
export const parseExposition = (text: string): { names: string[]; samples: Sample[] } => ({
  names: [...text.matchAll(/^# HELP (\S+) \S/gm)].map(([, name = '']) => name),
  samples: text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(toSample),
})

const toSample = (line: string): Sample => {
  const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? assert.fail(line)
  const pairs = [...labels.matchAll(/(\w+)="([^"\\]*)"/g)].map(([, label = '', text = '']) => [label, text])
  return { name, labels: Object.fromEntries(pairs), value: value === '+Inf' ? Infinity : Number(value) }
}

/** What `GET /metrics` answers. */
export const readMetrics = async ({
  call,
}: Pick<TestService, 'call'>): Promise<ReturnType<typeof parseExposition>> => {
  const { status, body } = await call('GET', '/metrics', { as: null })
  assert.equal(status, 200)
  return parseExposition(body)
}

/** The sum of a metric's samples whose labels have these values; undefined where there is none. */
export const sumOf = (
  { samples }: { samples: readonly Sample[] },
  name: string,
  labels: Record<string, string> = {},
): number | undefined => {
  const found = samples.filter(
    each =>
      each.name === name && Object.entries(labels).every(([label, value]) => each.labels[label] === value),
  )
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0)
}
