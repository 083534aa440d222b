import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Variables that name PEM files, and what has to be in them. */
const contents = {
  PINGFEDERATE_CA_FILE: { what: 'a certificate', check: (pem: string) => new X509Certificate(pem) },
  PINGACCESS_CA_FILE: { what: 'a certificate', check: (pem: string) => new X509Certificate(pem) },
  PINGFEDERATE_ADMIN_CERT_FILE: { what: 'a certificate', check: (pem: string) => new X509Certificate(pem) },
  PINGFEDERATE_ADMIN_KEY_FILE: {
    what: 'an unencrypted private key',
    check: (pem: string) => createPrivateKey(pem),
  },
} as const

export type PemFiles = Partial<Record<keyof typeof contents, string>>

/** Reads the PEM files, and says of every one of them what is wrong with it. */
export const readPemFiles = (
  values: Readonly<Record<string, string | undefined>>,
): { pems: PemFiles; problems: { name: string; why: string }[] } => {
  const pems: PemFiles = {}
  const problems: { name: string; why: string }[] = []
  for (const [name, { what, check }] of Object.entries(contents)) {
    const file = values[name]
    if (!file) continue
    try {
      const pem = readFileSync(file, 'utf8')
      check(pem)
      pems[name as keyof PemFiles] = pem
    } catch (error) {
      const isUnreadable = (error as NodeJS.ErrnoException).syscall !== undefined
      const code = (error as NodeJS.ErrnoException).code
      problems.push({
        name,
        why: isUnreadable
          ? `names a file that cannot be read (${code})`
          : `names a file that does not hold ${what} in PEM`,
      })
    }
  }
  return { pems, problems: [...problems, ...pairProblems(pems)] }
}

/** Certificate and key are two files, and whoever exchanges them one after the other has for a moment two that do not fit. */
const pairProblems = ({
  PINGFEDERATE_ADMIN_CERT_FILE: cert,
  PINGFEDERATE_ADMIN_KEY_FILE: key,
}: PemFiles): { name: string; why: string }[] =>
  cert === undefined || key === undefined || new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
    ? []
    : [
        {
          name: 'PINGFEDERATE_ADMIN_KEY_FILE',
          why: 'names a file whose key does not belong to the certificate in PINGFEDERATE_ADMIN_CERT_FILE',
        },
      ]
