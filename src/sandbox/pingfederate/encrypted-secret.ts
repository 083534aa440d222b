import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Turns secrets into the `encryptedSecret` of an answer, and back. */
export interface SecretCipher {
  /** Another value at every call, as in PingFederate. */
  readonly encrypt: (secret: string) => string
  /** The secret, or undefined for anything that this cipher didn't write. */
  readonly decrypt: (encryptedSecret: string) => string | undefined
}

const header = Buffer.from(JSON.stringify({ alg: 'dir', enc: 'A256GCM' })).toString('base64url')

/** A cipher with a key of its own; its values have the form of PingFederate's, a compact JWE. */
export function createSecretCipher(): SecretCipher {
  const key = randomBytes(32)

  function encrypt(secret: string): string {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(header))
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    const encoded = [iv, text, cipher.getAuthTag()].map(part => part.toString('base64url'))
    return `${header}..${encoded.join('.')}`
  }

  function decrypt(encryptedSecret: string): string | undefined {
    const [, , iv = '', text = '', tag = ''] = encryptedSecret.split('.')
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64url'), {
        authTagLength: 16,
      })
      decipher.setAAD(Buffer.from(header)).setAuthTag(Buffer.from(tag, 'base64url'))
      return decipher.update(text, 'base64url', 'utf8') + decipher.final('utf8')
    } catch {
      return undefined
    }
  }

  return { encrypt, decrypt }
}
