import type { Disagreements } from '../web-sessions/sweep-agreement.ts'
import type { MetricRegistry } from './registry.ts'

/** Takes what the last walk has counted; until then nothing is known. */
export type SetDisagreements = (counted: Disagreements) => void

export const createDisagreementGauge = ({ gauge }: MetricRegistry): SetDisagreements => {
  let known: Disagreements | undefined
  gauge({
    name: 'web_session_clients_web_session_disagreements',
    help: 'Clients that a web session of theirs in PingAccess does not agree with, by what does not agree, as the last walk over all clients has found.',
    labels: ['row'],
    read: () => Object.entries(known ?? {}).map(([row, count]) => [{ row }, count] as const),
  })
  return counted => {
    known = counted
  }
}
