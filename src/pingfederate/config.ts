import type { Secret } from '../secret.ts'

export type PingFederateCredentials =
  | { kind: 'basic'; username: string; password: Secret }
  | { kind: 'oauth'; tokenUrl: string; clientId: string; clientSecret: Secret; scope: string | undefined }
  | { kind: 'mutual-tls'; cert: string; key: Secret }

/** Variables that name the files of credentials and CA. */
export type PingFederateFile =
  | 'PINGFEDERATE_ADMIN_PASSWORD_FILE'
  | 'PINGFEDERATE_ADMIN_CLIENT_SECRET_FILE'
  | 'PINGFEDERATE_ADMIN_CERT_FILE'
  | 'PINGFEDERATE_ADMIN_KEY_FILE'
  | 'PINGFEDERATE_CA_FILE'

export type PingFederateConfig = Readonly<{
  adminUrl: string
  credentials: PingFederateCredentials
  /** Private CA, PEM. */
  ca: string | undefined
  /** Paths of the files that credentials and CA come from; they are read again when they change. */
  files: Readonly<Partial<Record<PingFederateFile, string>>>
  timeoutMs: number
  concurrency: number
  queue: number
  /** Who brings clients to the engines of a cluster, and whether `status` tells of it. */
  replication: 'none' | 'report' | 'trigger'
}>
