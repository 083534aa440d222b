import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'

type Labels<Label extends string> = Readonly<Record<Label, string>>
type Values<Label extends string> = Readonly<Record<Label, readonly string[]>>

/** The whole name, as it is searched for, and what it means. */
type Definition = { name: string; help: string }
type Labelled<Label extends string> = Definition & { labels: readonly Label[] }

type Count<Label extends string = never> = (labels: Labels<Label>, by?: number) => void
export type Observe<Label extends string = never> = (labels: Labels<Label>, value: number) => void

/** Makes metrics, and writes them down in Prometheus' text format. */
export type MetricRegistry = {
  counter: <Label extends string>(definition: Labelled<Label>) => Count<Label>
  /** With every combination of its labels' values from the start: a rate needs a value before the first event. */
  eventCounter: <Label extends string>(definition: Definition & { values: Values<Label> }) => Count<Label>
  histogram: <Label extends string>(
    definition: Labelled<Label> & { buckets: readonly number[] },
  ) => Observe<Label>
  /** Values that are read whenever the metrics are; none stands for a value that is not known. */
  gauge: <Label extends string>(
    definition: Labelled<Label> & { read: () => readonly (readonly [Labels<Label>, number])[] },
  ) => void
  /** Sums that somebody else keeps, read in the same way. */
  total: <Label extends string>(
    definition: Labelled<Label> & { read: () => readonly (readonly [Labels<Label>, number])[] },
  ) => void
  contentType: string
  render: () => Promise<string>
}

/** Every service has its own, so that two in one process count apart. */
export const createMetricRegistry = (): MetricRegistry => {
  const registry = new Registry()
  const registers = [registry]
  const counter: MetricRegistry['counter'] = ({ labels, ...definition }) => {
    const metric = new Counter<string>({ ...definition, labelNames: labels, registers })
    return (each, by = 1) => metric.inc(each, by)
  }
  return {
    counter,
    eventCounter: ({ values, ...definition }) => {
      const labels = Object.keys(values) as (keyof typeof values)[]
      const count = counter({ ...definition, labels })
      for (const each of combine(values)) count(each, 0)
      return count
    },
    histogram: ({ labels, buckets, ...definition }) => {
      const metric = new Histogram<string>({
        ...definition,
        labelNames: labels,
        buckets: [...buckets],
        registers,
      })
      return (each, value) => metric.observe(each, value)
    },
    gauge: ({ labels, read, ...definition }) => {
      const collect = () => {
        metric.reset()
        // Without labels there is a zero now, and zero is a value.
        if (labels.length === 0) metric.remove()
        for (const [each, value] of read()) metric.set(each, value)
      }
      const metric = new Gauge<string>({ ...definition, labelNames: labels, registers, collect })
    },
    total: ({ labels, read, ...definition }) => {
      const collect = () => {
        metric.reset()
        for (const [each, value] of read()) metric.inc(each, value)
      }
      const metric = new Counter<string>({ ...definition, labelNames: labels, registers, collect })
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
  }
}

const combine = <Label extends string>(values: Values<Label>): Labels<Label>[] =>
  (Object.entries(values) as [Label, readonly string[]][]).reduce<Labels<Label>[]>(
    (combinations, [label, each]) =>
      combinations.flatMap(labels => each.map(value => ({ ...labels, [label]: value }))),
    [{} as Labels<Label>],
  )
