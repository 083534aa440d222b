import type { CountProblem } from '../http/measure-requests.ts'
import { type ProblemCode, problems } from '../problem.ts'
import { singleFlight } from '../single-flight.ts'
import { version } from '../version.ts'
import { createProblemCounter, createRequestMetrics, type RequestMetrics } from './http.ts'
import { createInstallationGauge, type SetInstallationWarnings } from './installation.ts'
import { createJournalMetrics, type JournalMetrics } from './journal.ts'
import { createPingAccessMetrics } from './ping-access.ts'
import { createPingFederateMetrics, type PingFederateMetrics } from './ping-federate.ts'
import { createDelayHistogram, registerProcessMetrics } from './process.ts'
import { createMetricRegistry, type MetricRegistry } from './registry.ts'
import { createWriteMetrics, type WriteMetrics } from './writes.ts'

/** What is counted, each part for who counts it, and the one way to read it all. */
export type Metrics = {
  requests: RequestMetrics
  countProblem: CountProblem
  pingFederate: PingFederateMetrics
  /** Told of every call to PingAccess. */
  onPingAccessCall: ReturnType<typeof createPingAccessMetrics>
  writes: WriteMetrics
  journal: JournalMetrics
  setInstallationWarnings: SetInstallationWarnings
  /** How late a timer of the event loop came, in seconds. */
  observeDelay: (seconds: number) => void
  /** Files of credentials that changed: whether what they hold now is in use. */
  countReread: (isInUse: boolean) => void
  exposition: Exposition
}

/** Every metric in the format that Prometheus reads. */
export type Exposition = { contentType: string; render: () => Promise<string> }

export const createMetrics = (): Metrics => {
  const registry = createMetricRegistry()
  registerProcessMetrics(registry, version)
  return {
    requests: createRequestMetrics(registry),
    countProblem: createProblemCounter(registry, Object.keys(problems) as ProblemCode[]),
    pingFederate: createPingFederateMetrics(registry),
    onPingAccessCall: createPingAccessMetrics(registry),
    writes: createWriteMetrics(registry),
    journal: createJournalMetrics(registry),
    setInstallationWarnings: createInstallationGauge(registry),
    observeDelay: createDelayHistogram(registry),
    countReread: createRereadCounter(registry),
    // Whoever asks meanwhile gets what is being written anyway: anybody may ask, as often as they like.
    exposition: { contentType: registry.contentType, render: singleFlight(registry.render) },
  }
}

const createRereadCounter = ({ eventCounter }: MetricRegistry): Metrics['countReread'] => {
  const count = eventCounter({
    name: 'web_session_clients_credential_rereads_total',
    help: 'Changed files of credentials and certificates, by whether they could be used.',
    values: { outcome: ['in_use', 'unusable'] },
  })
  return isInUse => count({ outcome: isInUse ? 'in_use' : 'unusable' })
}
