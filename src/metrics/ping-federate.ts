import type { FailureKind } from '../pingfederate/failure.ts'
import type { PingFederateState } from '../pingfederate/resilience.ts'
import { operations } from '../pingfederate/transport.ts'
import type { MadeCall } from '../pingfederate/watch-calls.ts'
import type { MetricRegistry } from './registry.ts'

export type PingFederateMetrics = {
  onCall: (call: MadeCall) => void
  /** Where the values are read that are not counted but stand. */
  watch: (read: () => PingFederateState) => void
}

/** In seconds; the longest deadline that can be configured is a minute. */
export const callBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** What each kind of failure is called as a label. */
export const failureOutcomes: Record<FailureKind, string> = {
  unreachable: 'unreachable',
  tls: 'tls',
  credentials: 'credentials_refused',
  forbidden: 'forbidden',
  busy: 'busy',
  invalid: 'refused',
  'server-error': 'server_error',
  timeout: 'timeout',
  broken: 'broken',
  unexpected: 'unexpected',
}

const outcomes: Record<MadeCall['outcome'], string> = {
  ok: 'ok',
  'not-permitted': 'not_permitted',
  ...failureOutcomes,
}

export const createPingFederateMetrics = ({
  eventCounter,
  histogram,
  gauge,
}: MetricRegistry): PingFederateMetrics => {
  const count = eventCounter({
    name: 'web_session_clients_pingfederate_calls_total',
    help: 'Calls to PingFederate, by what for and how they ended.',
    values: { operation: operations, outcome: Object.values(outcomes) },
  })
  const observe = histogram({
    name: 'web_session_clients_pingfederate_call_duration_seconds',
    help: 'How long calls to PingFederate took, without the wait for a slot.',
    labels: ['operation'],
    buckets: callBuckets,
  })
  let read: (() => PingFederateState) | undefined
  const slotsOf = (which: 'running' | 'waiting') => {
    const state = read?.()
    if (!state) return []
    return (['changes', 'lookUps'] as const).map(
      kind => [{ places: kind === 'changes' ? 'changes' : 'look_ups' }, state[kind][which]] as const,
    )
  }
  gauge({
    name: 'web_session_clients_pingfederate_circuit_open',
    help: '1 while calls are refused because PingFederate does not answer, else 0.',
    labels: [],
    read: () => (read ? [[{}, Number(read().isOpen)]] : []),
  })
  gauge({
    name: 'web_session_clients_pingfederate_running',
    help: 'Changes and single look-ups at PingFederate at this moment.',
    labels: ['places'],
    read: () => slotsOf('running'),
  })
  gauge({
    name: 'web_session_clients_pingfederate_waiting',
    help: 'Changes and single look-ups that wait for a slot.',
    labels: ['places'],
    read: () => slotsOf('waiting'),
  })
  return {
    onCall: ({ operation, outcome, seconds }) => {
      count({ operation, outcome: outcomes[outcome] })
      observe({ operation }, seconds)
    },
    watch: state => {
      read = state
    },
  }
}
