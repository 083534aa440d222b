import { isIP } from 'node:net'
import { type Static, type TNumberOptions, type TStringOptions, Type } from 'typebox'
import { isPostgresUrl } from './database/postgres-url.ts'
import { cookieTypes, sameSites } from './pingaccess/web-session-schema.ts'
import { replicationModes } from './pingfederate/config.ts'
import { isPlainUrl, isUpstreamUrl } from './upstream-url.ts'

/** One line of text; `format` says what else is checked. */
const text = (description: string, example: string, options: TStringOptions = {}) =>
  Type.String({ minLength: 1, maxLength: 2048, description, examples: [example], ...options })

const url = (description: string, example: string) => text(description, example, { format: 'upstream-url' })

/** The example is the default, where there is one. */
const integer = (description: string, options: TNumberOptions & { default?: number }) =>
  Type.Integer({ description, examples: [String(options.default)], ...options })

/** A limit that nobody reaches is as good as none. */
const perMinute = (description: string, standard: number) =>
  integer(description, { minimum: 1, maximum: 100_000_000, default: standard })

const flag = (description: string, example: string) =>
  Type.Boolean({ default: false, description, examples: [example] })

/**
 * Every environment variable the service reads. Description and first example are what the start-up message and the
 * README's configuration table say; a test keeps the three the same.
 */
export const Environment = Type.Object({
  HOST: text('Address to listen on.', '127.0.0.1', { default: '0.0.0.0' }),
  PORT: integer('Port to listen on; 0 lets the system choose.', {
    minimum: 0,
    maximum: 65_535,
    default: 3000,
  }),
  METRICS_PORT: Type.Optional(
    integer(
      'Port for `GET /metrics` and nothing else; then it is not answered on `PORT`. 0 lets the system choose.',
      { minimum: 0, maximum: 65_535, examples: ['9100'] },
    ),
  ),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe log line to write.',
    examples: ['info'],
  }),
  PUBLIC_URL: Type.Optional(
    text(
      'Base URL callers use, for `Location`, links to operations and the API document; relative URLs when not set.',
      'https://clients.iam.example.com',
      { format: 'public-url' },
    ),
  ),
  PINGFEDERATE_ADMIN_URL: url(
    "Base URL of PingFederate's administrative API, without `/pf-admin-api/v1`.",
    'https://pf-admin.example.com:9999',
  ),
  PINGFEDERATE_ADMIN_USERNAME: Type.Optional(
    text('HTTP Basic: administrator account with the role *Admin*.', 'web-session-clients'),
  ),
  PINGFEDERATE_ADMIN_PASSWORD: Type.Optional(
    text(
      'HTTP Basic: its password.',
      '/run/secrets/pingfederate-password (as PINGFEDERATE_ADMIN_PASSWORD_FILE)',
    ),
  ),
  PINGFEDERATE_ADMIN_TOKEN_URL: Type.Optional(
    url('OAuth client credentials: token endpoint.', 'https://sso.example.com/as/token.oauth2'),
  ),
  PINGFEDERATE_ADMIN_CLIENT_ID: Type.Optional(
    text('OAuth client credentials: client id.', 'web-session-clients-admin'),
  ),
  PINGFEDERATE_ADMIN_CLIENT_SECRET: Type.Optional(
    text(
      'OAuth client credentials: client secret.',
      '/run/secrets/pingfederate-client-secret (as PINGFEDERATE_ADMIN_CLIENT_SECRET_FILE)',
    ),
  ),
  PINGFEDERATE_ADMIN_SCOPE: Type.Optional(
    text('OAuth client credentials: scopes to ask for, separated by spaces.', 'pf-admin'),
  ),
  PINGFEDERATE_ADMIN_CERT_FILE: Type.Optional(
    text('Mutual TLS: client certificate, PEM.', '/run/secrets/pingfederate-client.crt'),
  ),
  PINGFEDERATE_ADMIN_KEY_FILE: Type.Optional(
    text('Mutual TLS: its private key, PEM.', '/run/secrets/pingfederate-client.key'),
  ),
  PINGFEDERATE_CA_FILE: Type.Optional(
    text(
      "Private CA, PEM, trusted for PingFederate and the issuer in addition to the system's.",
      '/etc/ssl/private-ca.pem',
    ),
  ),
  PINGFEDERATE_TIMEOUT_MS: integer('Deadline of one call to PingFederate, in milliseconds.', {
    minimum: 100,
    maximum: 60_000,
    default: 10_000,
  }),
  PINGFEDERATE_CONCURRENCY: integer(
    'Slots for calls to PingFederate at the same time; a quarter of them (one to four) is kept for look-ups, the rest is for changes.',
    { minimum: 2, maximum: 256, default: 8 },
  ),
  PINGFEDERATE_QUEUE: integer(
    'Changes that may wait for a slot, for two seconds at most; others get 503 at once.',
    { minimum: 0, maximum: 10_000, default: 64 },
  ),
  PINGFEDERATE_CREDENTIALS_PAUSE_SECONDS: integer(
    'How long credentials that PingFederate refused are not tried again, unless their file changes; longer than PingFederate locks an account.',
    { minimum: 1, maximum: 86_400, default: 90 },
  ),
  PINGFEDERATE_REPLICATION: Type.Enum(replicationModes, {
    default: 'report',
    description:
      '`report` tells in `status` whether a client has reached the engines, `trigger` also publishes (everybody’s pending changes), `none` is for external client storage.',
    examples: ['report'],
  }),
  PINGFEDERATE_RUNTIME_URLS: Type.Optional(
    text(
      'Base URLs of all runtime nodes (engines) of PingFederate, separated by commas, for the login check and the token provider; there is neither when not set.',
      'https://engine-1.example.com:9031,https://engine-2.example.com:9031',
      { format: 'upstream-url-list', maxLength: 4096 },
    ),
  ),
  PINGACCESS_ADMIN_URL: Type.Optional(
    url(
      "Base URL of PingAccess's administrative API, without `/pa-admin-api/v3`; PingAccess is not asked when not set.",
      'https://pa-admin.example.com:9000',
    ),
  ),
  PINGACCESS_USERNAME: Type.Optional(
    text(
      'HTTP Basic: administrator account of PingAccess; one that may read is enough for all but putting secrets into web sessions and importing PingFederate’s certificate.',
      'web-session-clients',
    ),
  ),
  PINGACCESS_PASSWORD: Type.Optional(
    text('HTTP Basic: its password.', '/run/secrets/pingaccess-password (as PINGACCESS_PASSWORD_FILE)'),
  ),
  PINGACCESS_CA_FILE: Type.Optional(
    text(
      "Private CA, PEM, trusted for PingAccess's administrative API in addition to the system's.",
      '/etc/ssl/private-ca.pem',
    ),
  ),
  PINGACCESS_TIMEOUT_MS: integer('Deadline of one call to PingAccess, in milliseconds.', {
    minimum: 100,
    maximum: 60_000,
    default: 5_000,
  }),
  PINGACCESS_CALLBACK_PATH: text(
    "PingAccess's OIDC callback, at the host or below the context root; its first segment is what PingAccess keeps for itself.",
    '/pa/oidc/cb',
    {
      pattern: '^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$',
      default: '/pa/oidc/cb',
      maxLength: 256,
    },
  ),
  WEB_SESSION_COOKIE_TYPE: Type.Optional(
    Type.Enum(cookieTypes, {
      description:
        "Cookie type of new web sessions in PingAccess; that of Ping's own profile, `Encrypted`, when not set.",
      examples: ['Signed'],
    }),
  ),
  WEB_SESSION_SAME_SITE: Type.Optional(
    Type.Enum(sameSites, {
      description: "SameSite attribute of their cookies; that of Ping's own profile, `Lax`, when not set.",
      examples: ['None'],
    }),
  ),
  WEB_SESSION_IDLE_TIMEOUT_MINUTES: Type.Optional(
    integer("When a session ends that nobody uses, in minutes; 60, as in Ping's own profile, when not set.", {
      minimum: 1,
      maximum: 43_200,
      examples: ['30'],
    }),
  ),
  WEB_SESSION_MAX_TIMEOUT_MINUTES: Type.Optional(
    integer("When a session ends in any case, in minutes; 240, as in Ping's own profile, when not set.", {
      minimum: 1,
      maximum: 43_200,
      examples: ['480'],
    }),
  ),
  REQUIRE_FULLY_QUALIFIED_HOSTS: flag(
    'Refuse PingAccess URLs with a single-label host, such as the manual’s `mypingaccessserver`.',
    'true',
  ),
  ALLOW_IP_HOSTS: flag('Permit IP literals and `localhost` in PingAccess URLs.', 'false'),
  JWT_ISSUER: url('Issuer of the access tokens, exactly as in their `iss`.', 'https://sso.example.com'),
  JWT_AUDIENCE: text(
    'Audience the access tokens must name, exactly as in their `aud`.',
    'https://clients.iam.example.com',
  ),
  JWT_JWKS_URL: Type.Optional(
    url(
      'JSON Web Key Set of the issuer; from its discovery document when not set.',
      'https://sso.example.com/pf/JWKS',
    ),
  ),
  JWT_ALGORITHMS: text('Signature algorithms accepted, asymmetric only.', 'RS256,ES256', {
    format: 'algorithm-list',
    default: 'RS256,PS256,ES256,EdDSA',
  }),
  JWT_TYPES: text(
    'Values of `typ` accepted; an empty entry (a trailing comma) accepts a token without one.',
    'at+jwt',
    { pattern: '^[A-Za-z0-9.+/-]*(,[A-Za-z0-9.+/-]*)*$', default: 'at+jwt,JWT,', maxLength: 256 },
  ),
  JWT_SUBJECT_CLAIMS: text(
    'Claims that name the caller: the first one that a token has. From another one than `sub` the subject is `claim:value`.',
    'sub,client_id',
    { format: 'claim-list', default: 'sub' },
  ),
  JWT_SCOPE_CLAIMS: text('Claims with scopes, each a string or an array.', 'scope,scp,roles', {
    format: 'claim-list',
    default: 'scope,scp',
  }),
  JWT_TEAMS_CLAIM: text("Claim with the caller's teams, a string or an array.", 'groups', {
    default: 'groups',
  }),
  DATABASE_URL: text(
    'Where the service keeps its data: `sqlite:` and a path for one process, or `postgres://…` for any number.',
    'postgres://web-session-clients@db.example.com/clients (as DATABASE_URL_FILE, with the password)',
    { format: 'database-url', default: 'sqlite:./data/web-session-clients.db' },
  ),
  SECRET_KEY: text(
    'Server key that seals client secrets: 32 random bytes, base64url.',
    'the output of: node -e "console.log(crypto.randomBytes(32).toString(\'base64url\'))"',
    { format: 'key-256' },
  ),
  SECRET_KEYS_PREVIOUS: Type.Optional(
    text(
      'Former server keys, separated by commas: outstanding tokens survive a change of SECRET_KEY.',
      'the former value of SECRET_KEY',
      { format: 'key-256-list', maxLength: 1024 },
    ),
  ),
  RETRIEVAL_TTL_SECONDS: integer('How long a retrieval token lives when the request does not say.', {
    minimum: 60,
    maximum: 604_800,
    default: 900,
  }),
  RETRIEVAL_TTL_MAX_SECONDS: integer('Longest life a request may ask for.', {
    minimum: 60,
    maximum: 604_800,
    default: 86_400,
  }),
  ROTATION_OVERLAP_MINUTES: integer(
    'How long a redeemed secret still works beside the new one when the request for that does not say; with 0 it ends at once.',
    { minimum: 0, maximum: 43_200, default: 1_440 },
  ),
  DELETE_GRACE_MINUTES: integer('How long a client must have been switched off before it can be deleted.', {
    minimum: 0,
    maximum: 525_600,
    default: 0,
  }),
  ALLOW_BEARER_REDEMPTION: flag('Permit `redeemableBy: bearer`: whoever holds token and scope.', 'false'),
  POLICY_FILE: Type.Optional(
    text(
      'What each team may ask for, JSON: see docs/policy.md. Every team, any public https host when not set. Read again on SIGHUP.',
      '/etc/web-session-clients/policy.json',
    ),
  ),
  TRUST_PROXY: Type.Optional(
    text(
      'Addresses or networks of reverse proxies whose `X-Forwarded-*` is believed, separated by commas.',
      '10.0.0.0/8',
      { format: 'address-list' },
    ),
  ),
  RATE_LIMIT_PER_CALLER: perMinute(
    'Requests a minute of one caller (subject and client of its access token), per process like all limits of this kind.',
    600,
  ),
  RATE_LIMIT_PER_TEAM: perMinute(
    'Requests a minute of all callers of one team, where the team policy sets no number.',
    3000,
  ),
  RATE_LIMIT_UNKNOWN_TOKENS: perMinute(
    'Retrieval tokens a minute that one caller may send without their being its to redeem, and how many are looked at for it at once.',
    30,
  ),
  RATE_LIMIT_PER_ADDRESS: perMinute(
    'Requests a minute of one network address that show no valid access token: 401s, API document, Swagger UI.',
    600,
  ),
  CORS_ORIGINS: Type.Optional(
    text(
      'Origins of portals whose pages may call from a browser, exactly as browsers send them, separated by commas; no page may when not set.',
      'https://portal.example.com',
      { format: 'origin-list', maxLength: 4096 },
    ),
  ),
  SWAGGER_UI_CLIENT_ID: Type.Optional(
    text(
      "Public client at the issuer for Swagger UI's *Authorize* (authorization code with PKCE).",
      'web-session-clients-ui',
    ),
  ),
  SWAGGER_UI_SCOPE_PREFIX: Type.Optional(
    text(
      'What stands before the names of scopes where Swagger UI asks the issuer for them, and not in its tokens: `api://<application id>/` at Entra ID.',
      'api://0d9e7a54-3c0e-4a6f-9b56-6a1c8f7f2d31/',
      { format: 'scope-prefix' },
    ),
  ),
})

/** Variables that are secrets: each may be given as `NAME_FILE` instead, so that it stays out of the environment. */
export const secretVariables = [
  'PINGFEDERATE_ADMIN_PASSWORD',
  'PINGFEDERATE_ADMIN_CLIENT_SECRET',
  'PINGACCESS_PASSWORD',
  'DATABASE_URL',
  'SECRET_KEY',
  'SECRET_KEYS_PREVIOUS',
] as const

export type Variables = Static<typeof Environment>

const isPublicUrl = (value: string): boolean => isPlainUrl(value, url => /^https?:$/.test(url.protocol))

/** An origin as a browser writes it (RFC 6454 section 6.2): lower case, no default port, no path; never `*` or `null`. */
const isOrigin = (value: string): boolean =>
  URL.parse(value)?.origin === value && /^[a-z0-9:/.[\]-]+$/.test(value) && isUpstreamUrl(value)

const isAddressOrNetwork = (value: string): boolean => {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(value) ?? []
  const version = isIP(address)
  return version !== 0 && (bits === undefined || Number(bits) <= (version === 4 ? 32 : 128))
}

const asymmetricAlgorithms = /^(RS|PS|ES)(256|384|512)$|^EdDSA$/

/** 32 bytes are 43 base64url characters, and the last one must not carry bits that decoding drops. */
const isKey256 = (value: string): boolean =>
  /^[A-Za-z0-9_-]{43}$/.test(value) && Buffer.from(value, 'base64url').toString('base64url') === value

/** Entries are separated by commas, and blanks around them mean nothing. */
const isListOf =
  (isEntry: (entry: string) => boolean) =>
  (value: string): boolean =>
    value.split(',').every(entry => isEntry(entry.trim()))

/** All of them are asked at the same time. */
const maxRuntimeUrls = 32

/** What each `format` of {@link Environment} checks, and what the start-up message says when it fails. */
export const environmentFormats: Record<string, { check: (value: string) => boolean; reason: string }> = {
  'upstream-url': {
    check: isUpstreamUrl,
    reason: 'must be an https URL without user, query or fragment (http only on a loopback address)',
  },
  'upstream-url-list': {
    check: value => isListOf(isUpstreamUrl)(value) && value.split(',').length <= maxRuntimeUrls,
    reason: `must be at most ${maxRuntimeUrls} https URLs without user, query or fragment, separated by commas (http only on a loopback address)`,
  },
  'public-url': {
    check: isPublicUrl,
    reason: 'must be an http or https URL without user, query or fragment',
  },
  'key-256': { check: isKey256, reason: 'must be 32 bytes in base64url: 43 characters without padding' },
  'database-url': {
    check: value => /^sqlite:.+/.test(value) || isPostgresUrl(value),
    reason:
      'must be sqlite: and a path, or a postgres:// URL with everything but letters, digits and -._~ percent-encoded in user and password',
  },
  'key-256-list': {
    check: isListOf(isKey256),
    reason: 'must be keys of 32 bytes in base64url, separated by commas',
  },
  'address-list': {
    check: isListOf(isAddressOrNetwork),
    reason: 'must be IP addresses or networks such as 10.0.0.0/8, separated by commas',
  },
  'origin-list': {
    check: isListOf(isOrigin),
    reason:
      'must be origins such as https://portal.example.com, in lower case, without path, wildcard or default port, separated by commas (http only on a loopback address)',
  },
  'scope-prefix': {
    check: value => /^[!#-[\]-~]+$/.test(value),
    reason: 'must be visible ASCII without quotes, backslashes and blanks, as in the name of a scope',
  },
  'claim-list': {
    check: isListOf(entry => /^[A-Za-z0-9_.-]+$/.test(entry)),
    reason: 'must be names of claims separated by commas',
  },
  'algorithm-list': {
    check: isListOf(entry => asymmetricAlgorithms.test(entry)),
    reason: 'must be a list of asymmetric JWS algorithms separated by commas',
  },
}
