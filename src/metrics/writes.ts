import type { WriteWatch } from '../database/measure-writes.ts'
import { createUndone, type Undone } from '../database/undone.ts'
import type { MetricRegistry } from './registry.ts'

const outcomes = ['committed', 'rolled_back', 'unavailable'] as const

/** In seconds: from a commit shared with others to the deadline of a statement. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export type WriteMetrics = WriteWatch & {
  /** What tells how many transactions that writes shared were undone. */
  watchUndone: (read: () => Undone) => void
}

export const createWriteMetrics = ({
  eventCounter,
  histogram,
  gauge,
  total,
}: MetricRegistry): WriteMetrics => {
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
  let readUndone = createUndone().read
  total({
    name: 'web_session_clients_database_batches_undone_total',
    help: 'Transactions that several writes shared and that were undone, so that each ran again by itself, by why.',
    labels: ['reason'],
    read: () => Object.entries(readUndone()).map(([reason, count]) => [{ reason }, count] as const),
  })
  return {
    watchUndone: read => {
      readUndone = read
    },
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
