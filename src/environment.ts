import { isIP } from 'node:net'
import { type Static, Type } from 'typebox'
import { isPostgresUrl } from './database/postgres-url.ts'
import { isPlainUrl, isUpstreamUrl } from './upstream-url.ts'

const text = { minLength: 1, maxLength: 2048 }
const url = { format: 'upstream-url', maxLength: 2048 }

/** A limit that nobody reaches is as good as none. */
const PerMinute = (standard: number, description: string) =>
  Type.Integer({
    minimum: 1,
    maximum: 100_000_000,
    default: standard,
    description,
    examples: [String(standard)],
  })

/**
 * Every environment variable the service reads. `description` and the first of `examples` are what the
 * start-up message and the README's configuration table say; a test keeps the three the same.
 */
export const Environment = Type.Object({
  HOST: Type.String({
    ...text,
    default: '0.0.0.0',
    description: 'Address to listen on.',
    examples: ['127.0.0.1'],
  }),
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65535,
    default: 3000,
    description: 'Port to listen on; 0 lets the system choose.',
    examples: ['3000'],
  }),
  METRICS_PORT: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 65535,
      description:
        'Port for `GET /metrics` and nothing else; then it is not answered on `PORT`. 0 lets the system choose.',
      examples: ['9100'],
    }),
  ),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Least severe log line to write.',
    examples: ['info'],
  }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      format: 'public-url',
      description: 'Base URL callers use, for `Location` and the API document; relative URLs when not set.',
      examples: ['https://clients.iam.example.com'],
    }),
  ),
  PINGFEDERATE_ADMIN_URL: Type.String({
    ...url,
    description: "Base URL of PingFederate's administrative API, without `/pf-admin-api/v1`.",
    examples: ['https://pf-admin.example.com:9999'],
  }),
  PINGFEDERATE_ADMIN_USERNAME: Type.Optional(
    Type.String({
      ...text,
      description: 'HTTP Basic: administrator account with the role *Admin*.',
      examples: ['web-session-clients'],
    }),
  ),
  PINGFEDERATE_ADMIN_PASSWORD: Type.Optional(
    Type.String({
      ...text,
      description: 'HTTP Basic: its password.',
      examples: ['/run/secrets/pingfederate-password (as PINGFEDERATE_ADMIN_PASSWORD_FILE)'],
    }),
  ),
  PINGFEDERATE_ADMIN_TOKEN_URL: Type.Optional(
    Type.String({
      ...url,
      description: 'OAuth client credentials: token endpoint.',
      examples: ['https://sso.example.com/as/token.oauth2'],
    }),
  ),
  PINGFEDERATE_ADMIN_CLIENT_ID: Type.Optional(
    Type.String({
      ...text,
      description: 'OAuth client credentials: client id.',
      examples: ['web-session-clients-admin'],
    }),
  ),
  PINGFEDERATE_ADMIN_CLIENT_SECRET: Type.Optional(
    Type.String({
      ...text,
      description: 'OAuth client credentials: client secret.',
      examples: ['/run/secrets/pingfederate-client-secret (as PINGFEDERATE_ADMIN_CLIENT_SECRET_FILE)'],
    }),
  ),
  PINGFEDERATE_ADMIN_SCOPE: Type.Optional(
    Type.String({
      ...text,
      description: 'OAuth client credentials: scopes to ask for, separated by spaces.',
      examples: ['pf-admin'],
    }),
  ),
  PINGFEDERATE_ADMIN_CERT_FILE: Type.Optional(
    Type.String({
      ...text,
      description: 'Mutual TLS: client certificate, PEM.',
      examples: ['/run/secrets/pingfederate-client.crt'],
    }),
  ),
  PINGFEDERATE_ADMIN_KEY_FILE: Type.Optional(
    Type.String({
      ...text,
      description: 'Mutual TLS: its private key, PEM.',
      examples: ['/run/secrets/pingfederate-client.key'],
    }),
  ),
  PINGFEDERATE_CA_FILE: Type.Optional(
    Type.String({
      ...text,
      description: "Private CA, PEM, trusted for PingFederate and the issuer in addition to the system's.",
      examples: ['/etc/ssl/private-ca.pem'],
    }),
  ),
  PINGFEDERATE_TIMEOUT_MS: Type.Integer({
    minimum: 100,
    maximum: 60_000,
    default: 10_000,
    description: 'Deadline of one call to PingFederate, in milliseconds.',
    examples: ['10000'],
  }),
  PINGFEDERATE_CONCURRENCY: Type.Integer({
    minimum: 2,
    maximum: 256,
    default: 8,
    description:
      'Calls to PingFederate at the same time; a quarter of them (one to four) is kept for look-ups, the rest is for changes.',
    examples: ['8'],
  }),
  PINGFEDERATE_QUEUE: Type.Integer({
    minimum: 0,
    maximum: 10_000,
    default: 64,
    description:
      'Changes that may wait for one of those places, for two seconds at most; others get 503 at once.',
    examples: ['64'],
  }),
  PINGFEDERATE_REPLICATION: Type.Enum(['none', 'report', 'trigger'], {
    default: 'report',
    description:
      '`report` tells in `status` whether a client has reached the engines, `trigger` also publishes (everybody’s pending changes), `none` is for external client storage.',
    examples: ['report'],
  }),
  PINGACCESS_CALLBACK_PATH: Type.String({
    pattern: '^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$',
    maxLength: 256,
    default: '/pa/oidc/cb',
    description: "PingAccess's OIDC callback below a PingAccess URL.",
    examples: ['/pa/oidc/cb'],
  }),
  REQUIRE_FULLY_QUALIFIED_HOSTS: Type.Boolean({
    default: false,
    description:
      'Refuse PingAccess URLs with a single-label host, such as the manual’s `mypingaccessserver`.',
    examples: ['true'],
  }),
  ALLOW_IP_HOSTS: Type.Boolean({
    default: false,
    description: 'Permit IP literals and `localhost` in PingAccess URLs.',
    examples: ['false'],
  }),
  JWT_ISSUER: Type.String({
    ...url,
    description: 'Issuer of the access tokens, exactly as in their `iss`.',
    examples: ['https://sso.example.com'],
  }),
  JWT_AUDIENCE: Type.String({
    ...text,
    description: 'Audience the access tokens must name, exactly as in their `aud`.',
    examples: ['https://clients.iam.example.com'],
  }),
  JWT_JWKS_URL: Type.Optional(
    Type.String({
      ...url,
      description: 'JSON Web Key Set of the issuer; from its discovery document when not set.',
      examples: ['https://sso.example.com/pf/JWKS'],
    }),
  ),
  JWT_ALGORITHMS: Type.String({
    format: 'algorithm-list',
    default: 'RS256,PS256,ES256,EdDSA',
    description: 'Signature algorithms accepted, asymmetric only.',
    examples: ['RS256,ES256'],
  }),
  JWT_TYPES: Type.String({
    pattern: '^[A-Za-z0-9.+/-]*(,[A-Za-z0-9.+/-]*)*$',
    maxLength: 256,
    default: 'at+jwt,JWT,',
    description: 'Values of `typ` accepted; an empty entry (a trailing comma) accepts a token without one.',
    examples: ['at+jwt'],
  }),
  JWT_TEAMS_CLAIM: Type.String({
    ...text,
    default: 'groups',
    description: "Claim with the caller's teams, a string or an array.",
    examples: ['groups'],
  }),
  DATABASE_URL: Type.String({
    format: 'database-url',
    maxLength: 2048,
    default: 'sqlite:./data/web-session-clients.db',
    description:
      'Where the service keeps its data: `sqlite:` and a path for one process, or `postgres://…` for any number.',
    examples: [
      'postgres://web-session-clients@db.example.com/clients (as DATABASE_URL_FILE, with the password)',
    ],
  }),
  SECRET_KEY: Type.String({
    format: 'key-256',
    description: 'Server key that seals client secrets: 32 random bytes, base64url.',
    examples: ['the output of: node -e "console.log(crypto.randomBytes(32).toString(\'base64url\'))"'],
  }),
  SECRET_KEYS_PREVIOUS: Type.Optional(
    Type.String({
      format: 'key-256-list',
      maxLength: 1024,
      description:
        'Former server keys, separated by commas: outstanding tokens survive a change of SECRET_KEY.',
      examples: ['the former value of SECRET_KEY'],
    }),
  ),
  RETRIEVAL_TTL_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 604_800,
    default: 900,
    description: 'How long a retrieval token lives when the request does not say.',
    examples: ['900'],
  }),
  RETRIEVAL_TTL_MAX_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 604_800,
    default: 86_400,
    description: 'Longest life a request may ask for.',
    examples: ['86400'],
  }),
  ALLOW_BEARER_REDEMPTION: Type.Boolean({
    default: false,
    description: 'Permit `redeemableBy: bearer`: whoever holds token and scope.',
    examples: ['false'],
  }),
  POLICY_FILE: Type.Optional(
    Type.String({
      ...text,
      description:
        'What each team may ask for, JSON: see docs/policy.md. Every team, any public https host when not set. Read again on SIGHUP.',
      examples: ['/etc/web-session-clients/policy.json'],
    }),
  ),
  TRUST_PROXY: Type.Optional(
    Type.String({
      format: 'address-list',
      maxLength: 2048,
      description:
        'Addresses or networks of reverse proxies whose `X-Forwarded-*` is believed, separated by commas.',
      examples: ['10.0.0.0/8'],
    }),
  ),
  RATE_LIMIT_PER_CALLER: PerMinute(
    600,
    'Requests a minute of one caller (`sub` and client of its access token), per process like all limits of this kind.',
  ),
  RATE_LIMIT_PER_TEAM: PerMinute(
    3000,
    'Requests a minute of all callers of one team, where the team policy sets no number.',
  ),
  RATE_LIMIT_UNKNOWN_TOKENS: PerMinute(
    30,
    'Retrieval tokens a minute that one caller may send without their being its to redeem.',
  ),
  RATE_LIMIT_PER_ADDRESS: PerMinute(
    600,
    'Requests a minute of one network address that show no valid access token: 401s, API document, Swagger UI.',
  ),
  CORS_ORIGINS: Type.Optional(
    Type.String({
      format: 'origin-list',
      maxLength: 4096,
      description:
        'Origins of portals whose pages may call from a browser, exactly as browsers send them, separated by commas; no page may when not set.',
      examples: ['https://portal.example.com'],
    }),
  ),
  SWAGGER_UI_CLIENT_ID: Type.Optional(
    Type.String({
      ...text,
      description: "Public client at the issuer for Swagger UI's *Authorize* (authorization code with PKCE).",
      examples: ['web-session-clients-ui'],
    }),
  ),
})

/** Variables that are secrets: each may be given as `NAME_FILE` instead, so that it stays out of the environment. */
export const secretVariables = [
  'PINGFEDERATE_ADMIN_PASSWORD',
  'PINGFEDERATE_ADMIN_CLIENT_SECRET',
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

const isAlgorithmList = (value: string): boolean =>
  value.split(',').every(algorithm => asymmetricAlgorithms.test(algorithm.trim()))

/** 32 bytes are 43 base64url characters, and the last one must not carry bits that decoding drops. */
const isKey256 = (value: string): boolean =>
  /^[A-Za-z0-9_-]{43}$/.test(value) && Buffer.from(value, 'base64url').toString('base64url') === value

/** What each `format` of {@link Environment} checks, and what the start-up message says when it fails. */
export const environmentFormats: Record<string, { check: (value: string) => boolean; reason: string }> = {
  'upstream-url': {
    check: isUpstreamUrl,
    reason: 'must be an https URL without user, query or fragment (http only on a loopback address)',
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
    check: value => value.split(',').every(key => isKey256(key.trim())),
    reason: 'must be keys of 32 bytes in base64url, separated by commas',
  },
  'address-list': {
    check: value => value.split(',').every(each => isAddressOrNetwork(each.trim())),
    reason: 'must be IP addresses or networks such as 10.0.0.0/8, separated by commas',
  },
  'origin-list': {
    check: value => value.split(',').every(each => isOrigin(each.trim())),
    reason:
      'must be origins such as https://portal.example.com, in lower case, without path, wildcard or default port, separated by commas (http only on a loopback address)',
  },
  'algorithm-list': {
    check: isAlgorithmList,
    reason: 'must be a list of asymmetric JWS algorithms separated by commas',
  },
}
