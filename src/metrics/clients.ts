import type { MeasuredClients } from '../web-session-clients/measure-clients.ts'
import type { MetricRegistry } from './registry.ts'

/** Takes what was measured last; until then nothing is known. */
export type SetClients = (measured: MeasuredClients) => void

export const createClientGauges = ({ gauge }: MetricRegistry): SetClients => {
  let known: MeasuredClients | undefined
  const single = (name: string, help: string, of: (measured: MeasuredClients) => number): void =>
    gauge({ name, help, labels: [], read: () => (known ? [[{}, of(known)]] : []) })
  gauge({
    name: 'web_session_clients_clients',
    help: 'Clients by status, of all replicas, among the first 100,000.',
    labels: ['status'],
    read: () => Object.entries(known?.byStatus ?? {}).map(([status, count]) => [{ status }, count] as const),
  })
  single(
    'web_session_clients_secrets_unredeemed',
    'Clients whose token ran out before anybody redeemed it, among the first 100,000.',
    ({ expiredUnredeemed }) => expiredUnredeemed,
  )
  single(
    'web_session_clients_rotations_unredeemed',
    'Clients whose former secret has ended or does within 24 hours while nobody has redeemed the new one, among the first 100,000.',
    ({ endingUnredeemed }) => endingUnredeemed,
  )
  single(
    'web_session_clients_secrets_old',
    'Clients whose secret in force is older than 365 days, among the first 100,000.',
    ({ oldSecrets }) => oldSecrets,
  )
  return measured => {
    known = measured
  }
}
