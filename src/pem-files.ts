import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Variables that name PEM files, and what has to be in them. */
const contents = {
  PINGFEDERATE_CA_FILE: { what: 'a certificate', check: (pem: string) => new X509Certificate(pem) },
  PINGFEDERATE_ADMIN_CERT_FILE: { what: 'a certificate', check: (pem: string) => new X509Certificate(pem) },
  PINGFEDERATE_ADMIN_KEY_FILE: {
    what: 'an unencrypted private key',
    check: (pem: string) => createPrivateKey(pem),
  },
} as const

export type PemFiles = Partial<Record<keyof typeof contents, string>>

/** Reads the PEM files at start-up, where a wrong path or content can still be said in one message with the rest. */
export const readPemFiles = (
  values: Readonly<Record<string, string>>,
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
  return { pems, problems }
}
