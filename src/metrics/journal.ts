import { auditActions, auditOutcomes } from '../audit/vocabulary.ts'
import type { DriftState } from '../database/vocabulary.ts'
import type { OpenOperations } from '../journal/measure-open.ts'
import {
  createCertificateGauge,
  createTrustGauge,
  type SetCertificateEnd,
  type SetPingAccessTrusts,
} from './certificate.ts'
import { createClientGauges, type SetClients } from './clients.ts'
import { createDisagreementGauge, type SetDisagreements } from './disagreements.ts'
import type { MetricRegistry } from './registry.ts'

/** What runs from time to time. The names are values of a label; `strays` there is the walk over all of PingFederate's clients, `clients` the count of our own, `certificate` the look at that of the token provider, `installation` that at what it warns of, `search` the upkeep of the index of texts. */
const tasks = ['recovery', 'sweep', 'search', 'strays', 'clients', 'certificate', 'installation'] as const
export type Task = (typeof tasks)[number]

/** Clients that have drifted, by how they have. */
type Drifted = Readonly<Record<DriftState, number>>

/** What the journal and its upkeep are counted by. */
export type JournalMetrics = {
  countAuditEvent: (event: { action: string; outcome: string }) => void
  /** An audit event that could not be written, and took with it what it was to record. */
  countAuditFailure: () => void
  /** A round that came to its end, at that time in milliseconds since the epoch. */
  succeeded: (task: Task, at: number) => void
  failed: (task: Task) => void
  countExpired: (retrievals: number) => void
  setOpen: (open: OpenOperations) => void
  setDrifted: (drifted: Drifted) => void
  setClients: SetClients
  setCertificateEnd: SetCertificateEnd
  setPingAccessTrusts: SetPingAccessTrusts
  setDisagreements: SetDisagreements
}

export const createJournalMetrics = (registry: MetricRegistry): JournalMetrics => ({
  ...createAuditMetrics(registry),
  ...createUpkeepMetrics(registry),
  setOpen: createOpenGauges(registry),
  setDrifted: createDriftGauge(registry),
  setClients: createClientGauges(registry),
  setCertificateEnd: createCertificateGauge(registry),
  setPingAccessTrusts: createTrustGauge(registry),
  setDisagreements: createDisagreementGauge(registry),
})

const createAuditMetrics = ({ eventCounter }: MetricRegistry) => {
  const countEvent = eventCounter({
    name: 'web_session_clients_audit_events_total',
    help: 'Events of the audit trail, by what was asked for and how it ended.',
    values: { action: Object.keys(auditActions), outcome: Object.keys(auditOutcomes) },
  })
  const countFailure = eventCounter({
    name: 'web_session_clients_audit_failures_total',
    help: 'Audit events that could not be written; what they were to record was not done.',
    values: {},
  })
  return {
    countAuditEvent: ({ action, outcome }: { action: string; outcome: string }) =>
      countEvent({ action, outcome }),
    countAuditFailure: () => countFailure({}),
  }
}

const createUpkeepMetrics = ({ eventCounter, gauge }: MetricRegistry) => {
  const last = new Map<Task, number>()
  gauge({
    name: 'web_session_clients_maintenance_last_success_timestamp_seconds',
    help: 'When rounds of upkeep came to their end last, in seconds since the epoch.',
    labels: ['task'],
    read: () => [...last].map(([task, at]) => [{ task }, at / 1000] as const),
  })
  const countFailure = eventCounter({
    name: 'web_session_clients_maintenance_failures_total',
    help: 'Rounds of upkeep that failed.',
    values: { task: tasks },
  })
  const countExpired = eventCounter({
    name: 'web_session_clients_retrievals_expired_total',
    help: 'Retrieval tokens that ran out, whose secrets this instance has erased for it.',
    values: {},
  })
  return {
    succeeded: (task: Task, at: number) => void last.set(task, at),
    failed: (task: Task) => countFailure({ task }),
    countExpired: (retrievals: number) => countExpired({}, retrievals),
  }
}

const createOpenGauges = ({ gauge }: MetricRegistry): JournalMetrics['setOpen'] => {
  let known: OpenOperations | undefined
  const single = (name: string, help: string, of: (open: OpenOperations) => number): void =>
    gauge({ name, help, labels: [], read: () => (known ? [[{}, of(known)]] : []) })
  single(
    'web_session_clients_operations_open',
    'Operations that have begun and not ended, of all replicas; 10,000 stands for any number above.',
    ({ open }) => open,
  )
  single(
    'web_session_clients_operations_abandoned',
    'Those of them that nobody works on any more and recovery has to settle.',
    ({ abandoned }) => abandoned,
  )
  single(
    'web_session_clients_recovery_lag_seconds',
    'For how long the oldest abandoned operation has waited for recovery; 0 when there is none.',
    ({ lagSeconds }) => lagSeconds,
  )
  return open => {
    known = open
  }
}

const createDriftGauge = ({ gauge }: MetricRegistry): JournalMetrics['setDrifted'] => {
  let known: Drifted | undefined
  gauge({
    name: 'web_session_clients_clients_drifted',
    help: 'Clients that PingFederate has otherwise than they were set, as the last walk over them has found; 10,000 in all stands for any number above.',
    labels: ['state'],
    read: () => Object.entries(known ?? {}).map(([state, count]) => [{ state }, count] as const),
  })
  return drifted => {
    known = drifted
  }
}
