import { parseJson } from '../http/json-body.ts'
import { visibleLine } from '../http/visible-line.ts'
import { isOwnName, type Principal } from '../principal.ts'

export type AccessTokenRules = {
  algorithms: readonly string[]
  types: readonly string[]
  /** The subject is what the first of these claims says that the token has. */
  subjectClaims: readonly string[]
  /** Claims whose values are scopes. */
  scopeClaims: readonly string[]
  teamsClaim: string
}

/** What a token has to say of who made it and whom it is for. */
export type Addressing = { issuer: string; audience: string }

/** Whose access tokens are accepted, and which of them. */
export type AuthenticationConfig = Readonly<AccessTokenRules & Addressing & { jwksUrl: string | undefined }>

/** The claim that a token was refused for, and what the configuration wants it to be; for the log. */
export type RefusedClaim = { claim: string; expected: string }

/** The token is not accepted; the message tells the caller why (RFC 6750 `error_description`). */
export class TokenRefused extends Error {
  readonly refused: RefusedClaim | undefined
  constructor(message: string, refused?: RefusedClaim) {
    super(message)
    this.refused = refused
  }
}

/** Longest token that is read, in characters; no real one is longer, and a longer one costs more to check. */
export const maxTokenLength = 8192

/** Clocks of issuer and service may differ by this much. */
export const clockToleranceSeconds = 30

/** A token with a longer life was not made for calling an API. */
const maxLifetimeSeconds = 24 * 3600

/**
 * Checks a token's header before any key is looked up (RFC 8725 sections 3.1 and 3.11, RFC 9068 section 4).
 * @throws TokenRefused
 */
export const checkHeader = (header: Record<string, unknown>, rules: AccessTokenRules): void => {
  if (typeof header['alg'] !== 'string' || !rules.algorithms.includes(header['alg'])) {
    throw new TokenRefused('The signature algorithm is not accepted.')
  }
  if ('crit' in header) throw new TokenRefused('Critical header parameters are not supported.')
  // RFC 7797 section 6: without `crit`, some libraries ignore `b64` and verify another text than others do.
  if ('b64' in header) throw new TokenRefused('Unencoded payloads are not supported.')
  if (header['kid'] !== undefined && typeof header['kid'] !== 'string') {
    throw new TokenRefused('The kid header parameter is not a text.')
  }
  const type = header['typ'] ?? ''
  const accepted = rules.types.map(normalizeType)
  if (typeof type !== 'string' || !accepted.includes(normalizeType(type))) {
    throw new TokenRefused('The token type is not that of an access token.')
  }
}

/** RFC 9068 section 2.1: `application/` may be left out, and media types ignore case (RFC 7515 section 4.1.9). */
const normalizeType = (type: string): string => type.toLowerCase().replace(/^application\//, '')

/**
 * Refuses a token whose JSON two parsers can read differently, because its issuer, or a proxy that checked it, may have
 * seen other claims (RFC 8725 section 2.4).
 * @throws TokenRefused
 */
export const refuseAmbiguous = (token: string): void => {
  const [header = '', claims = ''] = token.split('.')
  try {
    for (const part of [header, claims]) parseJson(Buffer.from(part, 'base64url'))
  } catch {
    throw new TokenRefused('The header or the claims are not one unambiguous JSON text.')
  }
}

/** Claims that only id tokens (`nonce`, `at_hash`, `c_hash`) and logout tokens (`events`) carry. */
const foreignClaims = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events']

/**
 * Checks the claims of a token whose signature is good, and makes the principal. The JWT library could check some of
 * them, but tells only that one was wrong, not which.
 * @param nowSeconds seconds since the epoch
 * @throws TokenRefused
 */
export const toPrincipal = (
  claims: Record<string, unknown>,
  rules: AccessTokenRules & Addressing,
  nowSeconds: number,
): Principal => {
  refuseMissing(claims, rules)
  checkAddressing(claims, rules)
  const subject = toSubject(claims, rules.subjectClaims)
  const clientId = toClientId(claims)
  checkTimes(claims, nowSeconds)
  // Whoever has stolen a token bound to a key cannot use it (RFC 7800, RFC 9449, RFC 8705), if only the key is asked for.
  if (Object.hasOwn(claims, 'cnf'))
    throw new TokenRefused('The token is bound to a key, which cannot be checked here.')
  if (foreignClaims.some(claim => Object.hasOwn(claims, claim))) {
    throw new TokenRefused('This is an id token or a logout token, not an access token.')
  }
  return {
    subject,
    clientId,
    actingParties: toActingParties(claims['act']),
    teams: toTeams(claims[rules.teamsClaim]),
    scopes: toScopes(claims, rules.scopeClaims),
  }
}

/** Names all claims at once that a token lacks, so that whoever sets up the issuer does so once. */
const refuseMissing = (claims: Record<string, unknown>, rules: AccessTokenRules & Addressing): void => {
  const wanted: Record<string, { anyOf: readonly string[]; expected: string }> = {
    iss: { anyOf: ['iss'], expected: rules.issuer },
    aud: { anyOf: ['aud'], expected: rules.audience },
    exp: { anyOf: ['exp'], expected: 'a time' },
    [rules.subjectClaims.join(' or ')]: { anyOf: rules.subjectClaims, expected: 'who calls' },
  }
  const missing = Object.entries(wanted).filter(
    ([, { anyOf }]) => !anyOf.some(name => Object.hasOwn(claims, name)),
  )
  if (missing.length === 0) return
  const names = missing.map(([name]) => name).join(', ')
  throw new TokenRefused(`The token lacks the ${missing.length === 1 ? 'claim' : 'claims'} ${names}.`, {
    claim: names,
    expected: missing.map(([, { expected }]) => expected).join(', '),
  })
}

/** Exactly the configured texts (RFC 9068 section 4): an address that only looks the same can be another issuer's. */
const checkAddressing = ({ iss, aud }: Record<string, unknown>, { issuer, audience }: Addressing): void => {
  if (iss !== issuer)
    throw new TokenRefused('The iss claim is not the issuer that this service is configured for.', {
      claim: 'iss',
      expected: issuer,
    })
  const audiences = Array.isArray(aud) ? aud : [aud]
  if (!audiences.every(each => typeof each === 'string') || !audiences.includes(audience))
    throw new TokenRefused('The aud claim does not name this service.', { claim: 'aud', expected: audience })
}

/**
 * A subject from another claim than `sub` has the claim's name before it: issuers promise that two values of one claim
 * are two parties, and nothing of values of two claims. See docs/decisions/0011-subjects-from-other-claims.md.
 */
const toSubject = (claims: Record<string, unknown>, subjectClaims: readonly string[]): string => {
  const claim = subjectClaims.find(name => Object.hasOwn(claims, name)) ?? 'sub'
  const value = claims[claim]
  const subject = claim === 'sub' ? value : `${claim}:${value}`
  if (!isCallerName(value) || !isCallerName(subject))
    throw new TokenRefused(`The ${claim} claim is not a usable subject.`)
  const others = subjectClaims.filter(name => name !== 'sub')
  if (claim === 'sub' && others.some(name => subject.startsWith(`${name}:`)))
    throw new TokenRefused('The sub claim looks like a subject that another claim names.')
  return subject
}

/** RFC 9068 has `client_id`, OpenID Connect and Keycloak `azp`, Okta `cid`, the first version of Entra ID's tokens `appid`. */
const clientClaims = ['client_id', 'azp', 'cid', 'appid']

const toClientId = (claims: Record<string, unknown>): string | undefined => {
  const claim = clientClaims.find(name => (claims[name] ?? undefined) !== undefined)
  if (claim === undefined) return undefined
  const clientId = claims[claim]
  if (!isCallerName(clientId)) throw new TokenRefused(`The ${claim} claim is not a usable client id.`)
  return clientId
}

const checkTimes = ({ exp, iat, nbf }: Record<string, unknown>, nowSeconds: number): void => {
  if (typeof exp !== 'number' || !Number.isFinite(exp))
    throw new TokenRefused('The exp claim is not a number.')
  if (exp + clockToleranceSeconds < nowSeconds) throw new TokenRefused('The token has expired.')
  if (exp - nowSeconds > maxLifetimeSeconds) throw new TokenRefused('The token lives longer than 24 hours.')
  for (const [name, time] of Object.entries({ nbf, iat })) {
    if (time !== undefined && (typeof time !== 'number' || time > nowSeconds + clockToleranceSeconds))
      throw new TokenRefused(`The ${name} claim is not a time that is over.`)
  }
}

/** More services than a request passes in practice; it bounds what is written for each audit event. */
const maxActingParties = 8

/** Refuses a token with an actor that has no usable name, because the audit trail would show the subject alone. */
const toActingParties = (claim: unknown): readonly string[] => {
  const parties: string[] = []
  for (let act = claim; act !== undefined; act = (act as { act?: unknown }).act) {
    const { sub, client_id: clientId } = Object(act) as Record<string, unknown>
    const party = sub ?? clientId
    if (!isCallerName(party) || parties.length === maxActingParties)
      throw new TokenRefused('The act claim does not name who acts for the subject.')
    parties.push(party)
  }
  return parties
}

/** PingFederate writes `scope` as text or as an array, other issuers write `scp` or `roles`. */
const toScopes = (claims: Record<string, unknown>, scopeClaims: readonly string[]): ReadonlySet<string> =>
  new Set(
    scopeClaims
      .flatMap(name => (Object.hasOwn(claims, name) ? claims[name] : []))
      .filter(value => typeof value === 'string')
      .flatMap(value => value.split(' '))
      .filter(scope => scope !== ''),
  )

const toTeams = (claim: unknown): readonly string[] => [...new Set([claim].flat().filter(isName))]

const line = new RegExp(visibleLine, 'u')

/** Whether a text can be stored and shown as a caller's name; another one could pass for somebody else's name. */
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 256 && line.test(value)

/** The audit trail must not show the service itself as the one who did what a caller has done. */
const isCallerName = (value: unknown): value is string => isName(value) && !isOwnName(value)
