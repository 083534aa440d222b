import { createSecretKey, type KeyObject } from 'node:crypto'
import type { FastifySchemaValidationError } from 'fastify'
import type { AuthenticationConfig } from './authentication/access-token.ts'
import type { DatabaseConfig } from './database/open.ts'
import { findAddressProblems } from './diagnosis/address-problems.ts'
import { findSuspiciousSettings, type SettingWarning } from './diagnosis/suspicious-settings.ts'
import { Environment, environmentFormats, secretVariables, type Variables } from './environment.ts'
import { type PemFiles, readPemFiles } from './files/pem-files.ts'
import { readSecretFiles, type SettingProblem } from './files/secret-files.ts'
import { compileSchema } from './http/compilation.ts'
import type { RateLimitConfig } from './limits/rate-limits.ts'
import type { PingAccessUrlRules } from './ping-access-urls/url.ts'
import type { WebSessionDefaults } from './pingaccess/web-session.ts'
import {
  type AdminApiConfig,
  type PingFederateConfig,
  type PingFederateCredentials,
  pemFiles,
  secretFiles,
} from './pingfederate/config.ts'
import type { RetrievalConfig } from './policy/defaults.ts'
import { type PolicySource, readPolicySetting } from './policy/setting.ts'
import { Secret } from './secret.ts'

export type Config = Readonly<{
  host: string
  port: number
  /** Where metrics are answered instead of on `port`. */
  metricsPort: number | undefined
  logLevel: Variables['LOG_LEVEL']
  publicUrl: string | undefined
  trustProxy: readonly string[]
  rateLimits: RateLimitConfig
  /** Origins whose pages may call from a browser. */
  corsOrigins: readonly string[]
  pingFederate: PingFederateConfig
  /** Base URLs of PingFederate's runtime nodes; none: nobody asks them. */
  runtimeUrls: readonly string[]
  pingAccess: Readonly<PingAccessUrlRules>
  /** PingAccess's administrative API; undefined: nobody asks it. */
  pingAccessAdmin: AdminApiConfig | undefined
  webSessionDefaults: WebSessionDefaults
  jwt: AuthenticationConfig
  database: DatabaseConfig
  /** The current server key, then former ones. */
  secretKeys: readonly [KeyObject, ...KeyObject[]]
  retrieval: RetrievalConfig
  rotation: Readonly<{ overlapMinutes: number }>
  deletion: Readonly<{ graceMinutes: number }>
  policy: PolicySource
  swaggerUiClientId: string | undefined
  /** Before the name of each scope that Swagger UI asks the issuer for. */
  swaggerUiScopePrefix: string
  /** What is set and may not do what is expected of it; for the log. */
  warnings: readonly SettingWarning[]
}>

/** Everything that is wrong with the environment, each with its reason and an example. */
export class ConfigurationError extends Error {
  readonly problems: readonly SettingProblem[]
  constructor(problems: readonly SettingProblem[], warnings: readonly SettingWarning[] = []) {
    super(describe(problems, warnings))
    this.name = 'ConfigurationError'
    this.problems = problems
  }
}

/**
 * Turns environment variables into the frozen configuration.
 * @throws ConfigurationError listing every missing or wrong variable at once.
 */
export const parseConfig = (env: Readonly<Record<string, string | undefined>>): Config => {
  const { values, problems: fileProblems } = readSecretFiles(env, secretVariables)
  const { variables, problems } = validate(values)
  const unreadable = new Set(fileProblems.map(({ name }) => name))
  const { pems, problems: pemProblems } = readPemFiles(values)
  const { policy, problems: policyProblems } = readPolicySetting(values['POLICY_FILE'])
  const all = [
    ...problems,
    ...pemProblems.map(({ name, why }) => problemOf(name, why)),
    ...credentialProblems(values),
    ...pingAccessProblems(values),
    ...rangeProblems(values),
    ...findAddressProblems(values),
    ...policyProblems,
  ]
  const found = [...fileProblems, ...all.filter(({ name }) => !unreadable.has(`${name}_FILE`))]
  const warnings = findSuspiciousSettings(env, knownVariables)
  if (found.length > 0 || !variables) throw new ConfigurationError(found, warnings)
  return freezeDeeply(toConfig(variables, { pems, values, policy, warnings }))
}

const knownVariables = [
  ...Object.keys(Environment.properties),
  ...secretVariables.map(name => `${name}_FILE`),
]

/** Lists and plain objects only: keys and secrets keep what they hold to themselves. */
const freezeDeeply = <T>(value: T): T => {
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value ?? '') === Object.prototype
  if (!isPlain || Object.isFrozen(value)) return value
  for (const inner of Object.values(value as object)) freezeDeeply(inner)
  return Object.freeze(value)
}

const settingOf = (name: string) =>
  (Environment.properties as Record<string, { description?: string; examples?: unknown }>)[name]

const problemOf = (name: string, why: string): SettingProblem => ({
  name,
  why,
  example: [settingOf(name)?.examples ?? ''].flat()[0] as string,
})

/** Those of single variables; what reads several of them together follows below. */
const validate = (values: Record<string, string>): { variables?: Variables; problems: SettingProblem[] } => {
  const variables = Object.fromEntries(
    Object.keys(Environment.properties).flatMap(name => (values[name] ? [[name, values[name]]] : [])),
  )
  const check = compileSchema({ schema: Environment, isText: true, formats })
  // The check puts in defaults, and makes numbers and booleans of texts.
  return check(variables)
    ? { variables: variables as unknown as Variables, problems: [] }
    : { problems: (check.errors ?? []).map(toProblem) }
}

const formats = Object.fromEntries(
  Object.entries(environmentFormats).map(([name, { check }]) => [name, check]),
)

const toProblem = ({
  instancePath,
  keyword,
  message,
  params,
}: FastifySchemaValidationError): SettingProblem => {
  const name = keyword === 'required' ? String(params['missingProperty']) : instancePath.slice(1)
  const why = reasons[keyword]?.(params) ?? message ?? 'is not valid'
  return problemOf(name, `${why}. ${settingOf(name)?.description ?? ''}`)
}

const reasons: Record<string, (params: Record<string, unknown>) => string | undefined> = {
  required: () => 'is required',
  enum: ({ allowedValues }) => `must be one of ${(allowedValues as string[]).join(', ')}`,
  format: ({ format }) => environmentFormats[String(format)]?.reason,
}

const credentialWays = [
  ['PINGFEDERATE_ADMIN_USERNAME', 'PINGFEDERATE_ADMIN_PASSWORD'],
  ['PINGFEDERATE_ADMIN_TOKEN_URL', 'PINGFEDERATE_ADMIN_CLIENT_ID', 'PINGFEDERATE_ADMIN_CLIENT_SECRET'],
  ['PINGFEDERATE_ADMIN_CERT_FILE', 'PINGFEDERATE_ADMIN_KEY_FILE'],
]

const credentialProblems = (values: Record<string, string>): SettingProblem[] => {
  const [way, other] = credentialWays.filter(names => names.some(name => values[name]))
  const [basic = [], oauth, mutualTls] = credentialWays
  if (!way) {
    const why = `is required with ${basic[1]}, unless OAuth (${oauth?.join(', ')}) or mutual TLS (${mutualTls?.join(', ')}) is configured`
    return [problemOf(basic[0] ?? '', why)]
  }
  if (other) {
    const why = `must not be set beside ${way.join(' and ')}: configure one way to sign in`
    return [problemOf(other.find(name => values[name]) ?? '', why)]
  }
  return way
    .filter(name => !values[name])
    .map(name => problemOf(name, `is required beside ${way.filter(each => each !== name).join(' and ')}`))
}

const pingAccessWay = ['PINGACCESS_ADMIN_URL', 'PINGACCESS_USERNAME', 'PINGACCESS_PASSWORD']

/** All or nothing. */
const pingAccessProblems = (values: Record<string, string>): SettingProblem[] => {
  const [first] = [...pingAccessWay, 'PINGACCESS_CA_FILE'].filter(name => values[name])
  if (first === undefined) return []
  return pingAccessWay
    .filter(name => !values[name])
    .map(name => problemOf(name, `is required beside ${first}`))
}

const rangeProblems = (values: Record<string, string>): SettingProblem[] => {
  const ttl = Number(values['RETRIEVAL_TTL_SECONDS'] ?? 900)
  const port = values['PORT'] ?? '3000'
  return [
    ...(ttl > Number(values['RETRIEVAL_TTL_MAX_SECONDS'] ?? 86_400)
      ? [problemOf('RETRIEVAL_TTL_SECONDS', 'must not be longer than RETRIEVAL_TTL_MAX_SECONDS')]
      : []),
    ...(port !== '0' && values['METRICS_PORT'] === port
      ? [problemOf('METRICS_PORT', 'must not be PORT; leave it out to have the metrics there')]
      : []),
  ]
}

const toList = (value: string | undefined): string[] => value?.split(',').map(entry => entry.trim()) ?? []

const toCredentials = (variables: Variables, pems: PemFiles): PingFederateCredentials => {
  if (variables.PINGFEDERATE_ADMIN_TOKEN_URL) {
    return {
      kind: 'oauth',
      tokenUrl: variables.PINGFEDERATE_ADMIN_TOKEN_URL,
      clientId: variables.PINGFEDERATE_ADMIN_CLIENT_ID ?? '',
      clientSecret: new Secret(variables.PINGFEDERATE_ADMIN_CLIENT_SECRET ?? ''),
      scope: variables.PINGFEDERATE_ADMIN_SCOPE,
    }
  }
  if (variables.PINGFEDERATE_ADMIN_CERT_FILE) {
    return {
      kind: 'mutual-tls',
      cert: pems.PINGFEDERATE_ADMIN_CERT_FILE ?? '',
      key: new Secret(pems.PINGFEDERATE_ADMIN_KEY_FILE ?? ''),
    }
  }
  return {
    kind: 'basic',
    username: variables.PINGFEDERATE_ADMIN_USERNAME ?? '',
    password: new Secret(variables.PINGFEDERATE_ADMIN_PASSWORD ?? ''),
  }
}

/** @param prefix of the variables that belong to one administrative API */
const toFiles = (values: Readonly<Record<string, string>>, prefix: string): AdminApiConfig['files'] =>
  Object.fromEntries(
    [...secretFiles, ...pemFiles].flatMap(name =>
      values[name] !== undefined && name.startsWith(prefix) ? [[name, values[name]]] : [],
    ),
  )

/** What this service asks of PingAccess are a few lists, for whoever looks at a web session. */
const pingAccessConnections = 4

const toPingAccessAdmin = (
  variables: Variables,
  { pems, values }: Pick<FromFiles, 'pems' | 'values'>,
): AdminApiConfig | undefined =>
  variables.PINGACCESS_ADMIN_URL === undefined
    ? undefined
    : {
        adminUrl: variables.PINGACCESS_ADMIN_URL.replace(/\/$/, ''),
        credentials: {
          kind: 'basic',
          username: variables.PINGACCESS_USERNAME ?? '',
          password: new Secret(variables.PINGACCESS_PASSWORD ?? ''),
        },
        ca: pems.PINGACCESS_CA_FILE,
        files: toFiles(values, 'PINGACCESS_'),
        timeoutMs: variables.PINGACCESS_TIMEOUT_MS,
        concurrency: pingAccessConnections,
      }

const toKey = (key: string): KeyObject => createSecretKey(key, 'base64url')

const toDatabase = (url: string, file: string | undefined): DatabaseConfig =>
  url.startsWith('sqlite:')
    ? { kind: 'sqlite', path: url.slice('sqlite:'.length) }
    : { kind: 'postgres', url: new Secret(url), ...(file !== undefined && { file }) }

type FromFiles = { pems: PemFiles; values: Readonly<Record<string, string>>; policy: PolicySource }

const toWebSessionDefaults = (variables: Variables): WebSessionDefaults => ({
  cookieType: variables.WEB_SESSION_COOKIE_TYPE,
  sameSite: variables.WEB_SESSION_SAME_SITE,
  idleTimeoutInMinutes: variables.WEB_SESSION_IDLE_TIMEOUT_MINUTES,
  sessionTimeoutInMinutes: variables.WEB_SESSION_MAX_TIMEOUT_MINUTES,
})

type FromEnvironment = FromFiles & { warnings: readonly SettingWarning[] }

const toConfig = (variables: Variables, { pems, values, policy, warnings }: FromEnvironment): Config => ({
  host: variables.HOST,
  port: variables.PORT,
  metricsPort: variables.METRICS_PORT,
  logLevel: variables.LOG_LEVEL,
  publicUrl: variables.PUBLIC_URL?.replace(/\/$/, ''),
  trustProxy: toList(variables.TRUST_PROXY),
  rateLimits: {
    perCaller: variables.RATE_LIMIT_PER_CALLER,
    perTeam: variables.RATE_LIMIT_PER_TEAM,
    unknownTokens: variables.RATE_LIMIT_UNKNOWN_TOKENS,
    perAddress: variables.RATE_LIMIT_PER_ADDRESS,
  },
  corsOrigins: toList(variables.CORS_ORIGINS),
  pingFederate: {
    adminUrl: variables.PINGFEDERATE_ADMIN_URL.replace(/\/$/, ''),
    credentials: toCredentials(variables, pems),
    ca: pems.PINGFEDERATE_CA_FILE,
    files: toFiles(values, 'PINGFEDERATE_'),
    timeoutMs: variables.PINGFEDERATE_TIMEOUT_MS,
    concurrency: variables.PINGFEDERATE_CONCURRENCY,
    queue: variables.PINGFEDERATE_QUEUE,
    credentialsPauseMs: variables.PINGFEDERATE_CREDENTIALS_PAUSE_SECONDS * 1_000,
    replication: variables.PINGFEDERATE_REPLICATION,
  },
  runtimeUrls: [...new Set(toList(variables.PINGFEDERATE_RUNTIME_URLS).map(url => url.replace(/\/$/, '')))],
  pingAccess: {
    callbackPath: variables.PINGACCESS_CALLBACK_PATH,
    requireFullyQualifiedHosts: variables.REQUIRE_FULLY_QUALIFIED_HOSTS,
    allowIpHosts: variables.ALLOW_IP_HOSTS,
  },
  pingAccessAdmin: toPingAccessAdmin(variables, { pems, values }),
  webSessionDefaults: toWebSessionDefaults(variables),
  jwt: {
    issuer: variables.JWT_ISSUER,
    audience: variables.JWT_AUDIENCE,
    jwksUrl: variables.JWT_JWKS_URL,
    algorithms: toList(variables.JWT_ALGORITHMS),
    types: toList(variables.JWT_TYPES),
    subjectClaims: toList(variables.JWT_SUBJECT_CLAIMS),
    scopeClaims: toList(variables.JWT_SCOPE_CLAIMS),
    teamsClaim: variables.JWT_TEAMS_CLAIM,
  },
  database: toDatabase(variables.DATABASE_URL, values['DATABASE_URL_FILE']),
  secretKeys: [toKey(variables.SECRET_KEY), ...toList(variables.SECRET_KEYS_PREVIOUS).map(toKey)],
  retrieval: {
    ttlSeconds: variables.RETRIEVAL_TTL_SECONDS,
    ttlMaxSeconds: variables.RETRIEVAL_TTL_MAX_SECONDS,
    bearerAllowed: variables.ALLOW_BEARER_REDEMPTION,
  },
  rotation: { overlapMinutes: variables.ROTATION_OVERLAP_MINUTES },
  deletion: { graceMinutes: variables.DELETE_GRACE_MINUTES },
  policy,
  swaggerUiClientId: variables.SWAGGER_UI_CLIENT_ID,
  swaggerUiScopePrefix: variables.SWAGGER_UI_SCOPE_PREFIX ?? '',
  warnings,
})

const describe = (problems: readonly SettingProblem[], warnings: readonly SettingWarning[]): string =>
  [
    `web-session-clients cannot start: ${problems.length} ${problems.length === 1 ? 'setting is' : 'settings are'} missing or wrong.`,
    '',
    ...problems.flatMap(problem => [
      `  ${problem.name} ${problem.why}`,
      'fix' in problem ? `      fix: ${problem.fix}` : `      example: ${problem.example}`,
    ]),
    ...warnings.flatMap(({ setting, reason, fix }) => ['', `  ${setting} ${reason}`, `      ${fix}`]),
    '',
    'Every setting is explained in README.md, "Configuration". To try the service with nothing configured: npm run demo',
  ].join('\n')
