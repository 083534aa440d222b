import type { Secret } from '../secret.ts'

export type PingFederateCredentials =
  | { kind: 'basic'; username: string; password: Secret }
  | { kind: 'oauth'; tokenUrl: string; clientId: string; clientSecret: Secret; scope: string | undefined }
  | { kind: 'mutual-tls'; cert: string; key: Secret }

/** Variables that name the files of a password or client secret, and of certificates and their key. */
export const secretFiles = [
  'PINGFEDERATE_ADMIN_PASSWORD_FILE',
  'PINGFEDERATE_ADMIN_CLIENT_SECRET_FILE',
  'PINGACCESS_PASSWORD_FILE',
] as const
export const pemFiles = [
  'PINGFEDERATE_CA_FILE',
  'PINGFEDERATE_ADMIN_CERT_FILE',
  'PINGFEDERATE_ADMIN_KEY_FILE',
  'PINGACCESS_CA_FILE',
] as const
type IdentityFile = (typeof secretFiles | typeof pemFiles)[number]

/** Who brings clients to the engines of a cluster, and whether `status` tells of it. */
export const replicationModes = ['none', 'report', 'trigger'] as const

/** How an administrative API is reached, PingFederate's or PingAccess's. */
export type AdminApiConfig = Readonly<{
  adminUrl: string
  credentials: PingFederateCredentials
  /** Private CA, PEM. */
  ca: string | undefined
  /** Paths of the files that credentials and CA come from; they are read again when they change. */
  files: Readonly<Partial<Record<IdentityFile, string>>>
  timeoutMs: number
  concurrency: number
}>

export type PingFederateConfig = AdminApiConfig &
  Readonly<{
    queue: number
    /** How long credentials that PingFederate refused are left alone, unless their file changes. */
    credentialsPauseMs: number
    replication: (typeof replicationModes)[number]
  }>
