import type { MetricRegistry } from './registry.ts'

/** Takes when the certificate ends that was seen last, in milliseconds since the epoch; null where there is none. */
export type SetCertificateEnd = (endsAt: number | null) => void

/** Takes whether PingAccess trusts the certificate; null where that is not known. */
export type SetPingAccessTrusts = (trusts: boolean | null) => void

export const createTrustGauge = ({ gauge }: MetricRegistry): SetPingAccessTrusts => {
  let known: boolean | null = null
  gauge({
    name: 'web_session_clients_pingaccess_trusts_token_provider',
    help: 'Whether PingAccess trusts the certificate that PingFederate’s issuer shows (1) or not (0), as it was seen last.',
    labels: [],
    read: () => (known === null ? [] : [[{}, Number(known)]]),
  })
  return trusts => {
    known = trusts
  }
}

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
