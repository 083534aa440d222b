import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Turns secrets into the `encryptedSecret` of an answer, and back. */
export interface SecretCipher {
  /** Another value at every call, as in PingFederate. */
  readonly encrypt: (secret: string) => string
  /** The secret, or undefined for anything that this cipher didn't write. */
  readonly decrypt: (encryptedSecret: string) => string | undefined
}

/** What stands before the compact JWE. */
const prefix = 'OBF:JWE:'
const header = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A128CBC-HS256' })).toString('base64url')

/** A cipher with keys of its own; its values have the form of PingFederate's, a JWE of A128CBC-HS256 (RFC 7518, 5.2.3). */
export function createSecretCipher(): SecretCipher {
  const [macKey, key] = [randomBytes(16), randomBytes(16)]

  function toTag(iv: Buffer, text: Buffer): Buffer {
    const headerBits = Buffer.alloc(8)
    headerBits.writeBigUInt64BE(BigInt(header.length * 8))
    const hmac = createHmac('sha256', macKey).update(header).update(iv).update(text).update(headerBits)
    return hmac.digest().subarray(0, 16)
  }

  function encrypt(secret: string): string {
    const iv = randomBytes(16)
    const cipher = createCipheriv('aes-128-cbc', key, iv)
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    const encoded = [iv, text, toTag(iv, text)].map(part => part.toString('base64url'))
    return `${prefix}${header}..${encoded.join('.')}`
  }

  function decrypt(encryptedSecret: string): string | undefined {
    const [start, , ...encoded] = encryptedSecret.split('.')
    const [iv, text, tag] = encoded.map(part => Buffer.from(part, 'base64url'))
    if (start !== prefix + header || iv?.length !== 16 || text === undefined || tag?.length !== 16)
      return undefined
    if (!timingSafeEqual(toTag(iv, text), tag)) return undefined
    const decipher = createDecipheriv('aes-128-cbc', key, iv)
    return decipher.update(text, undefined, 'utf8') + decipher.final('utf8')
  }

  return { encrypt, decrypt }
}
