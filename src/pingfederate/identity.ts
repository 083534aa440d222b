import { type PemFiles, readPemFiles } from '../files/pem-files.ts'
import { createReread, type FileProblem } from '../files/reread-files.ts'
import { readSecretFile } from '../files/secret-files.ts'
import { Secret } from '../secret.ts'
import { type AdminApiConfig, type PingFederateCredentials, pemFiles, secretFiles } from './config.ts'

/** PEM texts; the same object for as long as none of them changes. */
export type Certificates = { ca: string | undefined; cert: string | undefined; key: Secret | undefined }

/** As whom the service signs in, and whom it trusts: as files said it last, where it comes from files. */
export type Identity = {
  credentials: () => PingFederateCredentials
  certificates: () => Certificates
  /** For whoever was refused: reads changed files; resolves to whether anything is different now. */
  refresh: () => Promise<boolean>
  /** For whoever connects: reads changed certificates, at most every ten seconds. */
  refreshCertificates: () => Promise<void>
}

type Options = {
  now: () => number
  /** Told when files were read again: with nothing wrong, or why what they held before stays in use. */
  onReread: (problems: readonly FileProblem[]) => void
}

/** A certificate that was exchanged is still good for a while, and so is one that is trusted no more. */
const certificatesIntervalMs = 10_000

/**
 * A password or client secret is read again only when the one in use is refused: until then the file may be ahead of
 * PingFederate or PingAccess. Certificates are read again from time to time as well, because an authority that is not
 * trusted any more is never refused by anybody.
 */
export const createIdentity = (
  { credentials: initial, ca, files }: Pick<AdminApiConfig, 'credentials' | 'ca' | 'files'>,
  { now, onReread }: Options,
): Identity => {
  let credentials = initial
  let certificates: Certificates = { ca, ...keyPairOf(initial) }
  let checkedAt = Number.NEGATIVE_INFINITY

  const rereadSecret = createReread({
    files: secretFiles.flatMap(name => files[name] ?? []),
    read: () => readSecret(files),
    take: value => {
      if (secretOf(credentials) === value) return false
      credentials = withSecret(credentials, value)
      return true
    },
    onReread,
  })
  const rereadCertificates = createReread({
    files: pemFiles.flatMap(name => files[name] ?? []),
    read: () => readCertificates(files),
    take: read => {
      if (toText(read) === toText(certificates)) return false
      certificates = read
      return true
    },
    onReread,
  })
  return {
    credentials: () => credentials,
    certificates: () => certificates,
    refresh: async () => {
      const changes = await Promise.all([rereadSecret(), rereadCertificates()])
      return changes.some(Boolean)
    },
    refreshCertificates: async () => {
      // Either way, so that a clock that is set back does not put it off.
      if (Math.abs(now() - checkedAt) < certificatesIntervalMs) return
      checkedAt = now()
      await rereadCertificates()
    },
  }
}

const keyPairOf = (credentials: PingFederateCredentials): Pick<Certificates, 'cert' | 'key'> =>
  credentials.kind === 'mutual-tls'
    ? { cert: credentials.cert, key: credentials.key }
    : { cert: undefined, key: undefined }

const secretOf = (credentials: PingFederateCredentials): string | undefined => {
  if (credentials.kind === 'mutual-tls') return undefined
  return (credentials.kind === 'basic' ? credentials.password : credentials.clientSecret).reveal()
}

/** What the service signs in with, as it could stand in a text: a password, or the lines of a private key. */
export const findSecrets = ({
  credentials,
  certificates,
}: Pick<Identity, 'credentials' | 'certificates'>): string[] => [
  ...[secretOf(credentials())].filter(each => each !== undefined),
  ...(certificates().key?.reveal().split('\n') ?? []).filter(
    line => line.length > 8 && !line.startsWith('-'),
  ),
]

const withSecret = (credentials: PingFederateCredentials, value: string): PingFederateCredentials => {
  if (credentials.kind === 'basic') return { ...credentials, password: new Secret(value) }
  return credentials.kind === 'oauth' ? { ...credentials, clientSecret: new Secret(value) } : credentials
}

type Files = AdminApiConfig['files']
type Read<T> = { value: T } | { problems: readonly FileProblem[] }

const readSecret = (files: Files): Read<string> => {
  const name = secretFiles.find(each => files[each] !== undefined)
  const read = readSecretFile(files[name ?? secretFiles[0]] ?? '')
  return 'value' in read ? read : { problems: [{ name: String(name), why: read.why }] }
}

const readCertificates = (files: Files): Read<Certificates> => {
  const { pems, problems } = readPemFiles(files)
  return problems.length > 0 ? { problems } : { value: toCertificates(pems) }
}

/** An identity has the files of one administrative API. */
const toCertificates = (pems: PemFiles): Certificates => ({
  ca: pems.PINGFEDERATE_CA_FILE ?? pems.PINGACCESS_CA_FILE,
  cert: pems.PINGFEDERATE_ADMIN_CERT_FILE,
  key:
    pems.PINGFEDERATE_ADMIN_KEY_FILE === undefined ? undefined : new Secret(pems.PINGFEDERATE_ADMIN_KEY_FILE),
})

const toText = ({ ca, cert, key }: Certificates): string => JSON.stringify([ca, cert, key?.reveal()])
