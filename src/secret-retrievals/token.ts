import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Recognisable, so that secret scanners find a leaked token: `wscrt_[A-Za-z0-9_-]{57}`. */
const prefix = 'wscrt_'
const timeBytes = 6
const timeChars = 8
const randomBytes = 32
const checksumBytes = 4
/** 38 bytes are 51 base64url characters, the checksum is 6. */
const payloadLength = 51

export const tokenPattern = `^${prefix}[A-Za-z0-9_-]{57}$`

/**
 * Makes a retrieval token: prefix, time of issue, 256 random bits, checksum.
 * The time only keeps rows in the order of issue; it is no secret and grants nothing.
 * @param now milliseconds since the epoch
 * @param random 32 random bytes
 */
export const createToken = (now: number, random: Buffer): string => {
  const payload = Buffer.alloc(timeBytes + randomBytes)
  payload.writeUIntBE(now, 0, timeBytes)
  random.copy(payload, timeBytes)
  const text = prefix + payload.toString('base64url')
  return text + checksum(text)
}

const checksum = (text: string): string => {
  const bytes = Buffer.alloc(checksumBytes)
  bytes.writeUInt32BE(crc32(text))
  return bytes.toString('base64url')
}

/** Whether the checksum fits, which tells a mistyped token from one that nobody issued. */
export const isWellFormed = (token: string): boolean => {
  const end = prefix.length + payloadLength
  return token.startsWith(prefix) && checksum(token.slice(0, end)) === token.slice(end)
}

/** Row id of a token: its time, then SHA-256 of the whole. Only whoever has the token can name its row. */
export const toRetrievalId = (token: string): string => {
  const time = Buffer.from(token.slice(prefix.length, prefix.length + timeChars), 'base64url').subarray(
    0,
    timeBytes,
  )
  return `${time.toString('hex')}-${hash('sha256', token, 'base64url')}`
}

/** Milliseconds since the epoch at which the token of a row was issued. */
export const toIssueTime = (retrievalId: string): number =>
  Number.parseInt(retrievalId.slice(0, timeBytes * 2), 16)

/** For the API document: well-formed, and issued to nobody. */
export const exampleToken = createToken(
  Date.parse('2026-11-23T17:00:00Z'),
  Buffer.alloc(randomBytes, 'example'),
)
