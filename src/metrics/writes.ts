import type { WriteWatch } from '../database/measure-writes.ts'
import type { MetricRegistry } from './registry.ts'

const outcomes = ['committed', 'rolled_back', 'unavailable'] as const

/** In seconds: from a commit shared with others to the deadline of a statement. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export const createWriteMetrics = ({ eventCounter, histogram, gauge }: MetricRegistry): WriteWatch => {
  let waiting = 0
  const count = eventCounter({
    name: 'web_session_clients_database_writes_total',
    help: 'Write transactions, by how they ended.',
    values: { outcome: outcomes },
  })
  const observe = histogram({
    name: 'web_session_clients_database_write_duration_seconds',
    help: 'How long write transactions took, with their wait for the database.',
    labels: [],
    buckets,
  })
  gauge({
    name: 'web_session_clients_database_writes_pending',
    help: 'Write transactions that wait for the database or are under way.',
    labels: [],
    read: () => [[{}, waiting]],
  })
  return {
    begin: () => {
      waiting += 1
    },
    end: (outcome, seconds) => {
      waiting -= 1
      count({ outcome })
      observe({}, seconds)
    },
  }
}
