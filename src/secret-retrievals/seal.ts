import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { Problem } from '../problem.ts'

/** What a sealed secret is bound to; moved to another row, client or expiry, it does not open. */
export type SealContext = { retrievalId: string; clientId: string; expiresAt: string }

const ivBytes = 12
const tagBytes = 16
const info = 'web-session-clients secret v1'

/**
 * Seals a secret with AES-256-GCM. The key is derived from the retrieval token and the server key (HKDF, RFC 5869), so
 * that a stolen database opens nothing, not even together with a stolen server key.
 * @param iv 12 random bytes
 */
export const seal = (
  secret: string,
  token: string,
  serverKey: KeyObject,
  context: SealContext,
  iv: Buffer,
): string => {
  const cipher = createCipheriv('aes-256-gcm', deriveKey(token, serverKey), iv)
  cipher.setAAD(toAad(context))
  return Buffer.concat([iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64url',
  )
}

/**
 * Opens a sealed secret with the first server key that fits, the current one or a former one.
 * @throws Problem `server_key_missing` when token, server keys or context are not those the secret was sealed with.
 */
export const open = (
  sealed: string,
  token: string,
  serverKeys: readonly KeyObject[],
  context: SealContext,
): string => {
  const failures: unknown[] = []
  for (const serverKey of serverKeys) {
    try {
      return openWith(sealed, token, serverKey, context)
    } catch (error) {
      failures.push(error)
    }
  }
  throw new Problem(
    'server_key_missing',
    'The server key that this secret is sealed with is not configured; the token was not used up. Tell the operator.',
    {
      cause: new AggregateError(failures, 'No server key opens the seal.'),
    },
  )
}

const openWith = (sealed: string, token: string, serverKey: KeyObject, context: SealContext): string => {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', deriveKey(token, serverKey), bytes.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(toAad(context))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]).toString(
    'utf8',
  )
}

/** A `KeyObject`, because a cipher that is given bytes makes one, which costs several times the cipher's own work. */
const deriveKey = (token: string, serverKey: KeyObject): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', token, serverKey.export(), info, 32)))

/** JSON, so that different contexts never give the same text, whatever characters their parts have. */
const toAad = ({ retrievalId, clientId, expiresAt }: SealContext): Buffer =>
  Buffer.from(JSON.stringify([retrievalId, clientId, expiresAt]))
