import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { Problem } from '../problem.ts'

/** What a sealed secret is bound to: moved to another row, client or expiry it does not open. */
export type SealContext = { retrievalId: string; clientId: string; expiresAt: string }

const ivBytes = 12
const tagBytes = 16
const info = 'web-session-clients secret v1'

/**
 * AES-256-GCM under a key that needs both the retrieval token and the server key (HKDF, RFC 5869), so that neither a
 * stolen database nor a stolen server key nor both open anything.
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
 * Opens with the first of the server keys that fits: the current one, or one from before a change.
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

/** As a `KeyObject`: a cipher that is given bytes spends several times its own work on making one. */
const deriveKey = (token: string, serverKey: KeyObject): KeyObject =>
  createSecretKey(Buffer.from(hkdfSync('sha256', token, serverKey.export(), info, 32)))

/** JSON, because it cannot be read in two ways, whatever characters the parts have. */
const toAad = ({ retrievalId, clientId, expiresAt }: SealContext): Buffer =>
  Buffer.from(JSON.stringify([retrievalId, clientId, expiresAt]))
