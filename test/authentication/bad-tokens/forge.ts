import { createPrivateKey, type KeyObject, randomBytes, sign as signBytes } from 'node:crypto'
import { type CryptoKey, exportJWK, exportPKCS8, generateKeyPair, type JWK } from 'jose'

/** A key pair; `jwk` is what an issuer publishes of it. */
export type ForgeKey = { kid: string; alg: string; privateKey: KeyObject; jwk: JWK }

export const createForgeKey = async (
  kid: string,
  alg: string,
  { saysAlgorithm = true } = {},
): Promise<ForgeKey> => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const pem = await exportPKCS8(privateKey as CryptoKey)
  const jwk = { ...(await exportJWK(publicKey)), kid, use: 'sig', ...(saysAlgorithm && { alg }) }
  return { kid, alg, privateKey: createPrivateKey(pem), jwk }
}

/** What the keys of the issuer are for: each makes another confusion possible. */
export const createForgeKeys = async () => {
  const [first, rsa, rsaTwin, wide, stranger] = await Promise.all([
    createForgeKey('first', 'ES256'),
    createForgeKey('rsa', 'RS256'),
    createForgeKey('rsa-twin', 'RS256'),
    // A key that does not say its algorithm, on a curve that ES256 is not made for.
    createForgeKey('wide', 'ES384', { saysAlgorithm: false }),
    // Bears the name of the issuer's key and is not published.
    createForgeKey('first', 'ES256'),
  ])
  return { first, rsa, rsaTwin, wide, stranger }
}

export type ForgeKeys = Awaited<ReturnType<typeof createForgeKeys>>

export type Forge = ForgeKeys & {
  /** Seconds since the epoch. */
  now: number
  /** Claims of a token that is accepted. */
  claims: Record<string, unknown>
  /** A token that is accepted. */
  good: string
  /** A server of the attacker; nothing may ever connect to it. */
  trap: string
}

export const encode = (value: unknown): string => encodeText(JSON.stringify(value))
export const encodeText = (text: string | Buffer): string => Buffer.from(text).toString('base64url')

/** Signs any two texts as ES256 would. */
export const signTexts = (header: string, payload: string | Buffer, { privateKey }: ForgeKey): string => {
  const input = `${encodeText(header)}.${encodeText(payload)}`
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
  return `${input}.${signBytes('sha256', Buffer.from(input), key).toString('base64url')}`
}

/** Signs claims; a header parameter or claim that is undefined is left out. */
export const signClaims = (
  claims: Record<string, unknown>,
  key: ForgeKey,
  header: Record<string, unknown> = {},
): string =>
  signTexts(
    JSON.stringify({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header }),
    JSON.stringify(claims),
    key,
  )

/** Text that nothing was ever signed with. */
export const randomText = (bytes: number): string => randomBytes(bytes).toString('base64url')

/** What the challenge says of a refused token (RFC 6750 section 3). */
export const told = {
  malformed: 'The Authorization header is not a well-formed bearer token.',
  invalid: 'The token is not a valid access token for this service.',
  expired: 'The token has expired.',
  algorithm: 'The signature algorithm is not accepted.',
  critical: 'Critical header parameters are not supported.',
  type: 'The token type is not that of an access token.',
  kid: 'The kid header parameter is not a text.',
  unencoded: 'Unencoded payloads are not supported.',
  subject: 'The sub claim is not a usable subject.',
  client: 'The client_id claim is not a usable client id.',
  azp: 'The azp claim is not a usable client id.',
  issuer: 'The iss claim is not the issuer that this service is configured for.',
  audience: 'The aud claim does not name this service.',
  noIssuer: 'The token lacks the claim iss.',
  noAudience: 'The token lacks the claim aud.',
  noSubject: 'The token lacks the claim sub.',
  noExp: 'The token lacks the claim exp.',
  noClaims: 'The token lacks the claims iss, aud, exp, sub.',
  early: 'The nbf claim is not a time that is over.',
  exp: 'The exp claim is not a number.',
  lifetime: 'The token lives longer than 24 hours.',
  past: 'The iat claim is not a time that is over.',
  bound: 'The token is bound to a key, which cannot be checked here.',
  act: 'The act claim does not name who acts for the subject.',
  foreign: 'This is an id token or a logout token, not an access token.',
  ambiguous: 'The header or the claims are not one unambiguous JSON text.',
} as const

/** Tokens that break the same rule, and what the service says of them. */
export type BadTokens = {
  because: string
  told: (typeof told)[keyof typeof told]
  tokens: [what: string, token: string][]
}
