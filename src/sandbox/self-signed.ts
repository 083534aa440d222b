import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

/** A key and the certificate for it, in PEM. */
export interface KeyPair {
  readonly key: string
  readonly cert: string
}

/** DER's names for the types of values (X.690). */
const tags = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  text: 0x0c,
  time: 0x17,
  list: 0x30,
  set: 0x31,
}
/** A part that is told from others by its number, and holds whole values. */
const part = (number: number): number => 0xa0 + number
/** The same where the value has no type of its own. */
const bare = (number: number): number => 0x80 + number

// Object identifiers as their bytes: ecdsa-with-SHA256 (RFC 5758), commonName and subjectAltName (RFC 5280).
const ecdsaWithSha256 = der(tags.list, der(tags.oid, Buffer.from('2a8648ce3d040302', 'hex')))
const commonName = der(tags.oid, Buffer.from('550403', 'hex'))
const subjectAltName = der(tags.oid, Buffer.from('551d11', 'hex'))

/** Of the certificate; a sandbox runs for hours. */
const validMs = 30 * 86_400_000
/** A caller's clock may be behind. */
const leewayMs = 3_600_000

/**
 * A certificate for these names and IPv4 addresses that nobody has signed but its own key, as a new installation of
 * PingFederate or PingAccess has it. Node.js can make keys and signatures, but no certificates (RFC 5280).
 */
export function createSelfSigned(names: readonly string[], now: Date): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = der(tags.list, der(tags.set, der(tags.list, commonName, der(tags.text, names[0] ?? ''))))
  const body = der(
    tags.list,
    // Version 3, which has extensions.
    der(part(0), der(tags.integer, Buffer.of(2))),
    // The first byte keeps it positive.
    der(tags.integer, Buffer.of(1), randomBytes(8)),
    ecdsaWithSha256,
    name,
    der(tags.list, toTime(now.getTime() - leewayMs), toTime(now.getTime() + validMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(part(3), der(tags.list, der(tags.list, subjectAltName, der(tags.octets, toNames(names))))),
  )
  // A string of bits begins with how many bits of its last byte don't count.
  const signature = der(tags.bits, Buffer.of(0), sign('sha256', body, privateKey))
  const cert = der(tags.list, body, ecdsaWithSha256, signature)
  const lines = cert.toString('base64').match(/.{1,64}/g) ?? []
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  }
}

function toNames(names: readonly string[]): Buffer {
  const entries = names.map(name =>
    isIPv4(name) ? der(bare(7), Buffer.from(name.split('.').map(Number))) : der(bare(2), name),
  )
  return der(tags.list, ...entries)
}

/** Without the century, by the year 2050. */
function toTime(ms: number): Buffer {
  const [date = ''] = new Date(ms).toISOString().split('.')
  return der(tags.time, `${date.replaceAll(/[-T:]/g, '').slice(2)}Z`)
}

/** One value: its type, how long it is, and what it is made of. */
function der(tag: number, ...contents: readonly (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(contents.map(each => Buffer.from(each as string)))
  const { length } = content
  return Buffer.concat([Buffer.from([tag, ...toSize(length)]), content])
}

/** In as few bytes as there can be (X.690 section 10.1): Chromium takes no certificate with a size in more. */
function toSize(length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}
