import { readdirSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import type { MetricRegistry, Observe } from './registry.ts'

/** In seconds; the process sheds load from 50 ms on. */
const delayBuckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

/**
 * What the process takes, read when it is asked for. The collectors that come with the library take samples that
 * nothing ends, and forget them whenever somebody reads, so that two readers would each see half.
 */
export const registerProcessMetrics = ({ gauge, total }: MetricRegistry, version: string): void => {
  const single = (name: string, help: string, read: () => number | undefined): void =>
    gauge({
      name,
      help,
      labels: [],
      read: () => {
        const value = read()
        return value === undefined ? [] : [[{}, value]]
      },
    })
  gauge({
    name: 'web_session_clients_build_info',
    help: 'Always 1; the version of the service and of Node.js.',
    labels: ['version', 'node'],
    read: () => [[{ version, node: process.versions.node }, 1]],
  })
  single('process_start_time_seconds', 'When the process began, in seconds since the epoch.', () =>
    Math.round(performance.timeOrigin / 1000),
  )
  total({
    name: 'process_cpu_seconds_total',
    help: 'Time the processor spent on the process, in seconds.',
    labels: [],
    read: () => {
      const { user, system } = process.cpuUsage()
      return [[{}, (user + system) / 1e6]]
    },
  })
  single('process_resident_memory_bytes', 'Memory the process has.', () => process.memoryUsage.rss())
  single('process_open_fds', 'Files and connections the process has open; Linux only.', countOpenFiles)
  single(
    'nodejs_heap_used_bytes',
    'Heap of JavaScript objects in use.',
    () => getHeapStatistics().used_heap_size,
  )
  single(
    'nodejs_heap_limit_bytes',
    'What the heap may grow to before the process dies.',
    () => getHeapStatistics().heap_size_limit,
  )
}

/** The one that is open for counting does not count. */
const countOpenFiles = (): number | undefined => {
  try {
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return undefined
  }
}

export const createDelayHistogram = ({ histogram }: MetricRegistry): ((seconds: number) => void) => {
  const observe: Observe = histogram({
    name: 'nodejs_eventloop_delay_seconds',
    help: 'How late a timer came, ten times a second.',
    labels: [],
    buckets: delayBuckets,
  })
  return seconds => observe({}, seconds)
}
