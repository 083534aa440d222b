import { getCACertificates } from 'node:tls'
import { buildConnector } from 'undici'
import { toConnectionFailure } from './failure.ts'
import type { Certificates, Identity } from './identity.ts'

/** A host that does not answer SYN is given up long before the call's own deadline. */
const connectTimeoutMs = 1_000

/** TLS settings for PingFederate and the issuer: the private CA is trusted beside what the process trusts anyway. */
export const toTlsOptions = (ca: string | undefined) =>
  ca ? { ca: [...getCACertificates('default'), ca] } : {}

/** Connects to PingFederate; tells failures before anything was sent from those after: the same ECONNRESET can be either. */
export const createConnector = (identity: Identity): buildConnector.connector => {
  const connect = connectWithCurrent(identity, ({ ca, cert, key }) => ({
    timeout: connectTimeoutMs,
    // One request at a time on a connection: what a reset leaves open is then that request and no other.
    allowH2: false,
    ...toTlsOptions(ca),
    ...(cert !== undefined && key !== undefined && { cert, key: key.reveal() }),
  }))
  return (target, callback) =>
    connect(target, (...[error, socket]) =>
      error ? callback(toConnectionFailure(error), null) : callback(null, socket),
    )
}

/** Connects to the issuer and to runtime nodes, which get no client certificate. */
export const createIssuerConnector = (identity: Identity): buildConnector.connector =>
  connectWithCurrent(identity, ({ ca }) => toTlsOptions(ca))

/** By the certificates as they are when the connection is made. */
const connectWithCurrent = (
  { certificates, refreshCertificates }: Identity,
  toOptions: (certificates: Certificates) => buildConnector.BuildOptions,
): buildConnector.connector => {
  let built: { certificates: Certificates; connect: buildConnector.connector } | undefined
  const build = (): buildConnector.connector => {
    if (built?.certificates !== certificates())
      built = { certificates: certificates(), connect: buildConnector(toOptions(certificates())) }
    return built.connect
  }
  return (target, callback) => void refreshCertificates().finally(() => build()(target, callback))
}
