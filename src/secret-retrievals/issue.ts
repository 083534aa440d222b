import type { KeyObject } from 'node:crypto'
import type { RedeemableBy } from '../database/vocabulary.ts'
import { Secret } from '../secret.ts'
import { seal } from './seal.ts'
import { createToken, toRetrievalId } from './token.ts'

export type RetrievalRequest = {
  clientId: string
  ttlSeconds: number
  redeemableBy: RedeemableBy
  /** Random part of the token, 32 bytes, if a repetition must be able to derive it again; else fresh bytes are used. */
  tokenBytes: Buffer | undefined
}

export type IssuedRetrieval = {
  /** The client secret, for PingFederate. */
  secret: Secret
  /** The retrieval token, for the caller. */
  token: Secret
  retrievalId: string
  sealed: string
  redeemableBy: RetrievalRequest['redeemableBy']
  expiresAt: string
}

type World = { now: () => number; randomBytes: (size: number) => Buffer; secretKey: KeyObject }

/**
 * 384 bits, in 64 characters that are safe in HTTP Basic without encoding. An id token signed with HS512 needs a key of
 * 64 bytes and one signed with HS384 48 (RFC 7518 section 3.2), and the key is the text of the secret, not what it encodes.
 */
const secretBytes = 48
const tokenSize = 32
const ivBytes = 12

/** @param random its first 48 bytes count */
const toSecretText = (random: Buffer): string => random.subarray(0, secretBytes).toString('base64url')

/** A client secret that goes straight to where it is used. */
export const createSecret = (randomBytes: (size: number) => Buffer): Secret =>
  new Secret(toSecretText(randomBytes(secretBytes)))

/** Makes a client secret, the token that redeems it, and the sealed form that is all the database sees. */
export const issueRetrieval = (
  { clientId, ttlSeconds, redeemableBy, tokenBytes }: RetrievalRequest,
  world: World,
): IssuedRetrieval => {
  const now = world.now()
  const random = world.randomBytes(secretBytes + tokenSize + ivBytes)
  const secret = toSecretText(random)
  const token = createToken(now, tokenBytes ?? random.subarray(secretBytes, secretBytes + tokenSize))
  const retrievalId = toRetrievalId(token)
  const expiresAt = new Date(now + ttlSeconds * 1000).toISOString()
  const iv = random.subarray(secretBytes + tokenSize)
  const sealed = seal(secret, token, world.secretKey, { retrievalId, clientId, expiresAt }, iv)
  return {
    secret: new Secret(secret),
    token: new Secret(token),
    retrievalId,
    sealed,
    redeemableBy,
    expiresAt,
  }
}
