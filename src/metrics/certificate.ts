import type { MetricRegistry } from './registry.ts'

/** Takes when the certificate ends that was seen last, in milliseconds since the epoch; null where there is none. */
export type SetCertificateEnd = (endsAt: number | null) => void

export const createCertificateGauge = ({ gauge }: MetricRegistry): SetCertificateEnd => {
  let known: number | null = null
  gauge({
    name: 'web_session_clients_token_provider_certificate_expiry_timestamp_seconds',
    help: 'When the certificate ends that PingFederate’s issuer shows, in seconds since the epoch, as it was seen last.',
    labels: [],
    read: () => (known === null ? [] : [[{}, known / 1000]]),
  })
  return endsAt => {
    known = endsAt
  }
}
