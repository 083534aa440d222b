import { createPublicKey, KeyObject } from 'node:crypto'
import { createRemoteJWKSet, customFetch, errors, type JWTHeaderParameters } from 'jose'
import { type Dispatcher, request } from 'undici'
import { readBounded } from '../bounded-body.ts'
import { singleFlight } from '../single-flight.ts'
import { isUpstreamUrl } from '../upstream-url.ts'
import { userAgent } from '../version.ts'
import type { AuthenticationConfig } from './access-token.ts'

/**
 * Why the issuer's keys cannot be read.
 * - `unreachable`: no connection was made, or it broke; TLS that fails is among it
 * - `timeout`: no whole answer came in time
 * - `another_issuer`: the discovery document is of another issuer
 * - `unusable_answer`: another status than 200, or no document or key set that can be used
 */
export type IssuerFailure = 'unreachable' | 'timeout' | 'another_issuer' | 'unusable_answer'

/** The issuer's keys cannot be read, and none from before are recent enough to be trusted. */
export class IssuerUnavailable extends Error {
  readonly kind: IssuerFailure
  /** The issuer that a discovery document names in place of the configured one, where it is a usable address. */
  readonly publishedIssuer: string | undefined
  constructor(
    what: string,
    {
      kind = 'unusable_answer',
      cause,
      publishedIssuer,
    }: { kind?: IssuerFailure; cause?: unknown; publishedIssuer?: unknown } = {},
  ) {
    super(what, { cause })
    this.name = 'IssuerUnavailable'
    this.kind = kind
    this.publishedIssuer = isShownIssuer(publishedIssuer) ? publishedIssuer : undefined
  }
}

/** It stands in the log, so it must be an address and nothing longer. */
const isShownIssuer = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 512 && /^[!-~]+$/.test(value) && isUpstreamUrl(value)

/** No key of the issuer fits the token's header. */
export class UnknownKey extends Error {}

export type IssuerMetadata = {
  authorizationEndpoint: string | undefined
  tokenEndpoint: string | undefined
  jwksUrl: string
}

export type IssuerKeys = {
  /**
   * Public key (PEM) for a token header.
   * @throws UnknownKey, IssuerUnavailable
   */
  findKey: (header: JWTHeaderParameters) => Promise<string>
  /** Discovery document as last read, or undefined before the first success. */
  metadata: () => IssuerMetadata | undefined
  /** Reads the discovery document and the keys unless they were read before. @throws IssuerUnavailable */
  warm: () => Promise<void>
}

type IssuerKeysOptions = Pick<AuthenticationConfig, 'issuer' | 'jwksUrl'> & {
  dispatcher: Dispatcher
  now: () => number
  /** Told why the discovery document was not used, where the address of the key set is configured. */
  onUndiscovered?: (error: unknown) => void
  /** Told each time the key set was to be read: why the last good one is used in its place, or nothing. */
  onKeySet?: (failure: unknown) => void
}

const timeoutMs = 5_000
const maxBytes = 512 * 1024
/** A key set is asked for again after 10 minutes, or when a token names an unknown key, but never twice in 30 s. */
const cooldownMs = 30_000
const freshMs = 600_000
/** How long an issuer may be down before its last known keys stop being good enough. */
const maxStaleMs = 4 * 3600_000

/**
 * Reads the issuer's keys by OIDC discovery (OpenID Connect Discovery 1.0 section 4) or from a fixed URL, and remembers
 * the last good set for a bounded time.
 */
export const createIssuerKeys = (options: IssuerKeysOptions): IssuerKeys => {
  const get = boundedGet(options.dispatcher)
  let metadata: IssuerMetadata | undefined
  let keySet: ReturnType<typeof createRemoteJWKSet> | undefined
  const pems = new WeakMap<object, string>()

  const discover = singleFlight(async () => {
    metadata = await readMetadata(options, get).catch(error => {
      // With a fixed URL tokens are checked without discovery; only Swagger UI's sign-in needs it.
      if (options.jwksUrl) {
        options.onUndiscovered?.(error)
        return { jwksUrl: options.jwksUrl, authorizationEndpoint: undefined, tokenEndpoint: undefined }
      }
      throw error
    })
    keySet = createRemoteJWKSet(new URL(metadata.jwksUrl), {
      timeoutDuration: timeoutMs,
      cooldownDuration: cooldownMs,
      cacheMaxAge: freshMs,
      [customFetch]: rememberLastGood(get, options),
    })
    return keySet
  })
  const getKeySet = async () => keySet ?? discover()

  return {
    metadata: () => metadata,
    warm: async () => {
      const keys = await getKeySet()
      if (!keys.jwks()) await keys.reload().catch(error => Promise.reject(asUnavailable(error)))
    },
    findKey: async header => {
      const keys = await getKeySet()
      const key = await keys(header as never).catch(error => Promise.reject(asKeyError(error)))
      const known = pems.get(key)
      if (known) return known
      const pem = KeyObject.from(key as never).export({ type: 'spki', format: 'pem' }) as string
      pems.set(key, pem)
      return pem
    },
  }
}

const asUnavailable = (error: unknown) =>
  error instanceof IssuerUnavailable
    ? error
    : new IssuerUnavailable('The issuer’s key set cannot be used.', { cause: error })

const unknownKeyErrors = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
  errors.JWKInvalid,
]

/** Whatever is neither the reading nor the set is the one key: it cannot be imported, and the others can be used. */
const asKeyError = (error: unknown) => {
  const isOfSet = error instanceof IssuerUnavailable || error instanceof errors.JOSEError
  return isOfSet && !unknownKeyErrors.some(kind => error instanceof kind)
    ? asUnavailable(error)
    : new UnknownKey('No key fits.', { cause: error })
}

type Get = (url: string) => Promise<string>

const boundedGet =
  (dispatcher: Dispatcher): Get =>
  async url => {
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const response = await request(url, {
        dispatcher,
        headers: { accept: 'application/json', 'user-agent': userAgent },
        signal,
      })
      const text = await readBounded(response.body, maxBytes)
      if (text === undefined) throw new IssuerUnavailable('The issuer answered more than a key set can be.')
      if (response.statusCode === 200) return text
      throw new IssuerUnavailable(`The issuer answered ${response.statusCode}.`)
    } catch (error) {
      throw error instanceof IssuerUnavailable ? error : toUnanswered(error, signal)
    }
  }

const toUnanswered = (cause: unknown, { aborted }: AbortSignal): IssuerUnavailable =>
  aborted
    ? new IssuerUnavailable(`The issuer did not answer within ${timeoutMs / 1_000} seconds.`, {
        kind: 'timeout',
        cause,
      })
    : new IssuerUnavailable('The issuer cannot be reached.', { kind: 'unreachable', cause })

const readMetadata = async ({ issuer, jwksUrl }: IssuerKeysOptions, get: Get): Promise<IssuerMetadata> => {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const text = await get(url)
  const document = parseObject(text)
  if (document['issuer'] !== issuer)
    throw new IssuerUnavailable('The discovery document is of another issuer.', {
      kind: 'another_issuer',
      publishedIssuer: document['issuer'],
    })
  const endpoint = (name: string) => {
    const value = document[name]
    return typeof value === 'string' && isUpstreamUrl(value) ? value : undefined
  }
  const found = jwksUrl ?? endpoint('jwks_uri')
  if (!found) throw new IssuerUnavailable('The discovery document names no usable jwks_uri.')
  return {
    jwksUrl: found,
    authorizationEndpoint: endpoint('authorization_endpoint'),
    tokenEndpoint: endpoint('token_endpoint'),
  }
}

const parseObject = (text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // The text is not repeated, because something else than the issuer may have written it.
  }
  throw new IssuerUnavailable('The issuer answered something that is not a JSON object.')
}

/** jose drops its keys when a refresh fails; it is given the last good set, so that tokens are checked in an outage. */
const rememberLastGood = (get: Get, { now, onKeySet }: IssuerKeysOptions) => {
  let last: { text: string; at: number } | undefined
  return async (url: string): Promise<Response> => {
    try {
      const text = await get(url)
      const { keys } = parseObject(text)
      const usable = Array.isArray(keys) ? keys.filter(isUsableKey) : []
      if (usable.length === 0) throw new IssuerUnavailable('The key set holds no usable public key.')
      last = { text: JSON.stringify({ keys: usable }), at: now() }
      onKeySet?.(undefined)
    } catch (error) {
      if (!last || now() - last.at > maxStaleMs) throw asUnavailable(error)
      onKeySet?.(asUnavailable(error))
    }
    return new Response(last.text)
  }
}

/** Symmetric and private keys are left out: with a published one, anybody could sign tokens. */
const isPublicKey = (key: unknown): key is object =>
  typeof key === 'object' &&
  key !== null &&
  'kty' in key &&
  key.kty !== 'oct' &&
  !('d' in key) &&
  !('k' in key)

/** RFC 7518 sections 3.3 and 3.5: shorter ones must not be used. */
const minRsaBits = 2048

/** A key that is malformed or too weak is left out, so that the others of the set go on working. */
const isUsableKey = (key: unknown): boolean => {
  if (!isPublicKey(key)) return false
  try {
    const { asymmetricKeyDetails = {} } = createPublicKey({ key, format: 'jwk' } as never)
    const { modulusLength, publicExponent } = asymmetricKeyDetails
    // Under the exponent 1 every text is its own signature.
    return modulusLength === undefined || (modulusLength >= minRsaBits && publicExponent !== 1n)
  } catch {
    return false
  }
}
