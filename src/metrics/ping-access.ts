import type { MadeCall } from '../pingaccess/calls.ts'
import { callBuckets, failureOutcomes } from './ping-federate.ts'
import type { MetricRegistry } from './registry.ts'

export const createPingAccessMetrics = ({
  eventCounter,
  histogram,
}: Pick<MetricRegistry, 'eventCounter' | 'histogram'>): ((call: MadeCall) => void) => {
  const outcomes: Record<MadeCall['outcome'], string> = { ok: 'ok', ...failureOutcomes }
  const count = eventCounter({
    name: 'web_session_clients_pingaccess_calls_total',
    help: 'Calls to PingAccess, by method and how they ended.',
    values: { method: ['GET', 'POST', 'PUT'], outcome: Object.values(outcomes) },
  })
  const observe = histogram({
    name: 'web_session_clients_pingaccess_call_duration_seconds',
    help: 'How long calls to PingAccess took.',
    labels: ['method'],
    buckets: callBuckets,
  })
  return ({ method, outcome, seconds }) => {
    count({ method, outcome: outcomes[outcome] })
    observe({ method }, seconds)
  }
}
