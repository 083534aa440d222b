import { createHash, X509Certificate } from 'node:crypto'
import { invalid } from './api-error.ts'
import type { Kept } from './collection.ts'
import type { CertificateFile } from './schema.ts'

/** The certificate of an import; throws 422 for anything else. */
export function readCertificate(fileData: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(fileData, 'base64'))
  } catch {
    throw invalid({ fileData: ['The file is not a certificate.'] })
  }
}

/** How PingAccess shows a certificate that it has imported, at that time. */
export function showCertificate({ id, alias, fileData }: Kept<CertificateFile>, now: Date) {
  const x509 = readCertificate(fileData)
  const sum = (algorithm: string) => createHash(algorithm).update(x509.raw).digest('hex')
  return {
    id,
    alias,
    serialNumber: x509.serialNumber,
    subjectDn: x509.subject,
    issuerDn: x509.issuer,
    validFrom: x509.validFromDate.toISOString(),
    expires: x509.validToDate.toISOString(),
    signatureAlgorithm: x509.signatureAlgorithm ?? 'unknown',
    status: toStatus(x509, now),
    sha1sum: sum('sha1'),
    md5sum: sum('md5'),
    sha256sum: sum('sha256'),
  }
}

function toStatus({ validFromDate, validToDate }: X509Certificate, now: Date): string {
  if (now < validFromDate) return 'NotYetValid'
  return now > validToDate ? 'Expired' : 'Valid'
}
