import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { ConfigurationError, parseConfig } from '../src/config.ts'
import { openPolicy } from '../src/policy/team-policy.ts'
import { Secret } from '../src/secret.ts'
import { compileCache } from './compile-cache.ts'
import { createCertificates } from './pingfederate/certificates.ts'

const key = randomBytes(32).toString('base64url')

/** The least a start needs. */
const least = {
  PINGFEDERATE_ADMIN_URL: 'https://pf-admin.example.com:9999',
  PINGFEDERATE_ADMIN_USERNAME: 'web-session-clients',
  PINGFEDERATE_ADMIN_PASSWORD: 'planted-password',
  JWT_ISSUER: 'https://sso.example.com',
  JWT_AUDIENCE: 'https://clients.example.com',
  SECRET_KEY: key,
}

type Env = Record<string, string | undefined>

const errorOf = (env: Env): ConfigurationError => {
  try {
    parseConfig(env)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('It was accepted.')
}

const namesOf = (env: Env): string[] => errorOf(env).problems.map(({ name }) => name)

/** The least without its way to sign in. */
const { PINGFEDERATE_ADMIN_USERNAME, PINGFEDERATE_ADMIN_PASSWORD, ...noCredentials } = least

const missing = [
  'PINGFEDERATE_ADMIN_URL',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'SECRET_KEY',
  'PINGFEDERATE_ADMIN_USERNAME',
]

test('with nothing configured one message names everything that is missing, each with an example', () => {
  const { message, problems } = errorOf({})
  assert.deepEqual(problems.map(({ name }) => name).sort(), [...missing].sort())
  for (const problem of problems) {
    const { name, why } = problem
    assert.ok('example' in problem && problem.example.length > 3)
    assert.ok(message.includes(`  ${name} ${why}`) && message.includes(`example: ${problem.example}`))
  }
})

test('empty variables count as missing', () => {
  assert.deepEqual(
    namesOf(Object.fromEntries(Object.keys(least).map(name => [name, '']))).sort(),
    [...missing].sort(),
  )
})

test('the least that is needed gives the documented defaults', () => {
  const { secretKeys, database, pingFederate, ...config } = parseConfig({ ...least, UNRELATED: 'x' })
  const { credentials, ...upstream } = pingFederate
  assert.deepEqual(upstream, {
    adminUrl: 'https://pf-admin.example.com:9999',
    ca: undefined,
    files: {},
    timeoutMs: 10_000,
    concurrency: 8,
    queue: 64,
    credentialsPauseMs: 90_000,
    replication: 'report',
  })
  assert.equal(credentials.kind, 'basic')
  assert.deepEqual(
    secretKeys.map(each => each.export().toString('base64url')),
    [key],
  )
  assert.deepEqual(database, { kind: 'sqlite', path: './data/web-session-clients.db' })
  assert.deepEqual(config, {
    host: '0.0.0.0',
    port: 3000,
    metricsPort: undefined,
    logLevel: 'info',
    publicUrl: undefined,
    trustProxy: [],
    rateLimits: { perCaller: 600, perTeam: 3000, unknownTokens: 30, perAddress: 600 },
    corsOrigins: [],
    runtimeUrls: [],
    pingAccess: { callbackPath: '/pa/oidc/cb', requireFullyQualifiedHosts: false, allowIpHosts: false },
    pingAccessAdmin: undefined,
    webSessionDefaults: {
      cookieType: undefined,
      sameSite: undefined,
      idleTimeoutInMinutes: undefined,
      sessionTimeoutInMinutes: undefined,
    },
    jwt: {
      issuer: 'https://sso.example.com',
      audience: 'https://clients.example.com',
      jwksUrl: undefined,
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      types: ['at+jwt', 'JWT', ''],
      subjectClaims: ['sub'],
      scopeClaims: ['scope', 'scp'],
      teamsClaim: 'groups',
    },
    retrieval: { ttlSeconds: 900, ttlMaxSeconds: 86_400, bearerAllowed: false },
    rotation: { overlapMinutes: 1_440 },
    deletion: { graceMinutes: 0 },
    policy: { policy: openPolicy, file: undefined },
    swaggerUiClientId: undefined,
    swaggerUiScopePrefix: '',
    warnings: [],
  })
})

/** Values that are refused. */
const wrong: [string, string[]][] = [
  ['PORT', ['x', '-1', '65536', '1.5']],
  ['LOG_LEVEL', ['verbose', 'INFO']],
  [
    'PUBLIC_URL',
    ['clients.example.com', 'ftp://a.example.com', 'https://u@a.example.com', 'https://a.example.com?x'],
  ],
  [
    'PINGFEDERATE_ADMIN_URL',
    [
      'http://pf.example.com',
      'http://10.0.0.1',
      'pf.example.com',
      'https://u:p@pf.example.com',
      'https://pf.example.com/#x',
      'https://pf.example.com/?x',
      'http://127.0.0.1.example.com',
      'http://localhost.example.com',
      'http://[::2]',
    ],
  ],
  ['JWT_ISSUER', ['http://sso.example.com', 'sso.example.com', 'https://sso.example.com?x=1']],
  ['JWT_JWKS_URL', ['http://sso.example.com/jwks', 'file:///etc/passwd']],
  ['JWT_ALGORITHMS', ['HS256', 'RS256,HS256', 'none', 'RS256,', 'rs256', 'RS128']],
  ['JWT_TYPES', ['at jwt', 'JWT;at+jwt']],
  ['PINGFEDERATE_TIMEOUT_MS', ['99', '60001', '10s']],
  ['PINGFEDERATE_REPLICATION', ['always', 'Report']],
  [
    'PINGACCESS_CALLBACK_PATH',
    ['pa/oidc/cb', '/pa/../cb', '/pa//cb', '/pa/oidc/cb/', '/', '/pa/*', '/pa?x', '/pa cb'],
  ],
  ['REQUIRE_FULLY_QUALIFIED_HOSTS', ['yes', '1', 'TRUE']],
  ['ALLOW_IP_HOSTS', ['on']],
  ['ALLOW_BEARER_REDEMPTION', ['yes']],
  [
    'DATABASE_URL',
    [
      'mysql://db',
      'data.db',
      'sqlite:',
      'postgres://u:12/x@db/c',
      'postgres://u:1?x@db/c',
      'postgres://u:1#x@db/c',
    ],
  ],
  [
    'SECRET_KEY',
    ['short', `${key}A`, key.slice(1), `${key.slice(0, -1)}B`, `${key}=`, randomBytes(32).toString('hex')],
  ],
  ['RATE_LIMIT_PER_CALLER', ['0', '-1', '1.5', '100000001', 'none', '0x10', '1e2', ' 5', '05', '5.0']],
  ['RATE_LIMIT_PER_TEAM', ['0']],
  ['RATE_LIMIT_UNKNOWN_TOKENS', ['0']],
  ['RATE_LIMIT_PER_ADDRESS', ['0']],
  [
    'PINGFEDERATE_RUNTIME_URLS',
    [
      'http://engine.example.com:9031',
      'https://engine.example.com:9031,',
      'https://a.example.com,http://b.example.com',
      'https://engine.example.com?x=1',
      'https://user:password@engine.example.com',
      Array.from({ length: 33 }, (_, index) => `https://engine-${index}.example.com`).join(','),
    ],
  ],
  [
    'CORS_ORIGINS',
    [
      '*',
      'null',
      'https://*.example.com',
      'http://portal.example.com',
      'https://portal.example.com/',
      'https://portal.example.com:443',
      'https://portal.example.com?x',
      'https://Portal.example.com',
      'https://u@portal.example.com',
      'https://münchen.example.com',
      'portal.example.com',
      'https://portal.example.com,*',
      'https://portal.example.com,',
      'chrome-extension://abcdef',
    ],
  ],
  ['SWAGGER_UI_SCOPE_PREFIX', ['api://clients/ ', 'api://"', 'api:\\', 'ä/']],
  ['RETRIEVAL_TTL_SECONDS', ['59', '604801', '1.5', 'x']],
  ['RETRIEVAL_TTL_MAX_SECONDS', ['604801', 'x']],
  ['ROTATION_OVERLAP_MINUTES', ['-1', '43201', '1.5', 'x']],
]

test('every wrong value is refused under its own name, with a reason, an example and not the value of a secret', async t => {
  for (const [name, values] of wrong) {
    for (const value of values) {
      await t.test(`${name}=${value}`, () => {
        const { problems, message } = errorOf({ ...least, [name]: value })
        assert.deepEqual([...new Set(problems.map(each => each.name))], [name])
        assert.ok(problems.every(each => each.why.length > 5 && 'example' in each && each.example.length > 0))
        if (name === 'SECRET_KEY') assert.ok(!message.includes(value))
        assert.ok(!message.includes('planted-password'))
      })
    }
  }
})

test('everything that is wrong is told at once', () => {
  const names = namesOf({ PORT: 'x', LOG_LEVEL: 'y', SECRET_KEY: 'z', JWT_ISSUER: 'http://sso.example.com' })
  const expected = ['PORT', 'LOG_LEVEL', 'SECRET_KEY', 'JWT_ISSUER', 'JWT_AUDIENCE', 'PINGFEDERATE_ADMIN_URL']
  assert.deepEqual(names.sort(), [...expected, 'PINGFEDERATE_ADMIN_USERNAME'].sort())
})

test('http is for upstreams on this very machine only', () => {
  for (const url of [
    'http://localhost:9999',
    'http://127.0.0.1:9999',
    'http://127.9.9.9',
    'http://[::1]:9999',
  ]) {
    assert.equal(
      parseConfig({ ...least, PINGFEDERATE_ADMIN_URL: url, JWT_ISSUER: url }).pingFederate.adminUrl,
      url,
    )
  }
})

test('a trailing slash changes no address but the issuer, which is an exact text', () => {
  const env = { PINGFEDERATE_ADMIN_URL: 'https://pf.example.com/', JWT_ISSUER: 'https://sso.example.com/' }
  const { pingFederate, jwt, publicUrl } = parseConfig({
    ...least,
    ...env,
    PUBLIC_URL: 'https://a.example.com/',
  })
  assert.equal(pingFederate.adminUrl, 'https://pf.example.com')
  assert.equal(publicUrl, 'https://a.example.com')
  assert.equal(jwt.issuer, 'https://sso.example.com/')
})

const oauth = {
  PINGFEDERATE_ADMIN_TOKEN_URL: 'https://sso.example.com/as/token.oauth2',
  PINGFEDERATE_ADMIN_CLIENT_ID: 'admin-client',
  PINGFEDERATE_ADMIN_CLIENT_SECRET: 'planted-secret',
}
const certificates = createCertificates()
const mutualTls = {
  PINGFEDERATE_ADMIN_CERT_FILE: certificates?.client.certFile ?? '',
  PINGFEDERATE_ADMIN_KEY_FILE: certificates?.client.keyFile ?? '',
}
const basic = { PINGFEDERATE_ADMIN_USERNAME, PINGFEDERATE_ADMIN_PASSWORD }

test('each way to sign in at PingFederate is taken whole', () => {
  assert.equal(parseConfig({ ...noCredentials, ...oauth }).pingFederate.credentials.kind, 'oauth')
  assert.equal(parseConfig({ ...noCredentials, ...mutualTls }).pingFederate.credentials.kind, 'mutual-tls')
  assert.equal(parseConfig({ ...noCredentials, ...basic }).pingFederate.credentials.kind, 'basic')
})

test('half a way to sign in names the other half', () => {
  for (const way of [basic, oauth, mutualTls]) {
    for (const name of Object.keys(way)) {
      assert.deepEqual(namesOf({ ...noCredentials, ...way, [name]: undefined }), [name])
    }
  }
})

test('two ways to sign in are one too many', () => {
  assert.deepEqual(namesOf({ ...least, ...oauth }), ['PINGFEDERATE_ADMIN_TOKEN_URL'])
  assert.deepEqual(namesOf({ ...least, ...mutualTls }), ['PINGFEDERATE_ADMIN_CERT_FILE'])
  assert.deepEqual(namesOf({ ...noCredentials, ...oauth, ...mutualTls }), ['PINGFEDERATE_ADMIN_CERT_FILE'])
})

const pingAccess = {
  PINGACCESS_ADMIN_URL: 'https://pa.example.com:9000/',
  PINGACCESS_USERNAME: 'reader',
  PINGACCESS_PASSWORD: 'planted-secret',
}

test('PingAccess is configured whole or not at all', () => {
  assert.equal(parseConfig(least).pingAccessAdmin, undefined)
  const { adminUrl, timeoutMs } = parseConfig({ ...least, ...pingAccess }).pingAccessAdmin ?? {}
  assert.deepEqual([adminUrl, timeoutMs], ['https://pa.example.com:9000', 5_000])
  for (const name of Object.keys(pingAccess))
    assert.deepEqual(namesOf({ ...least, ...pingAccess, [name]: undefined }), [name])
})

test('former server keys follow the current one', () => {
  const former = [randomBytes(32), randomBytes(32)].map(each => each.toString('base64url'))
  const { secretKeys } = parseConfig({ ...least, SECRET_KEYS_PREVIOUS: former.join(', ') })
  assert.deepEqual(
    secretKeys.map(each => each.export().toString('base64url')),
    [key, ...former],
  )
  assert.deepEqual(namesOf({ ...least, SECRET_KEYS_PREVIOUS: `${former[0]},short` }), [
    'SECRET_KEYS_PREVIOUS',
  ])
})

test('a PEM file that is missing, or holds something else, is one more line of the message', async t => {
  const garbage = await writeSecret(t, 'no PEM')
  for (const name of [
    'PINGFEDERATE_CA_FILE',
    'PINGFEDERATE_ADMIN_CERT_FILE',
    'PINGFEDERATE_ADMIN_KEY_FILE',
  ]) {
    const env = name === 'PINGFEDERATE_CA_FILE' ? least : { ...noCredentials, ...mutualTls }
    assert.deepEqual(namesOf({ ...env, [name]: '/nowhere/file.pem' }), [name])
    assert.deepEqual(namesOf({ ...env, [name]: garbage }), [name])
  }
})

test('a database is SQLite or PostgreSQL, whose URL is a secret', () => {
  const { database } = parseConfig({ ...least, DATABASE_URL: 'postgres://user:pass@db.example.com/clients' })
  assert.equal(database.kind, 'postgres')
  assert.doesNotMatch(JSON.stringify(database), /pass/)
  assert.deepEqual(namesOf({ ...least, DATABASE_URL: 'mysql://db.example.com/clients' }), ['DATABASE_URL'])
})

test('metrics are not answered on a port that something else is answered on', () => {
  assert.equal(parseConfig({ ...least, METRICS_PORT: '9100' }).metricsPort, 9100)
  assert.deepEqual(namesOf({ ...least, METRICS_PORT: '3000' }), ['METRICS_PORT'])
  assert.deepEqual(namesOf({ ...least, PORT: '9100', METRICS_PORT: '9100' }), ['METRICS_PORT'])
  assert.equal(parseConfig({ ...least, PORT: '0', METRICS_PORT: '0' }).metricsPort, 0)
})

test('a retrieval cannot live longer by default than at most', () => {
  const env = { ...least, RETRIEVAL_TTL_SECONDS: '1000', RETRIEVAL_TTL_MAX_SECONDS: '999' }
  assert.deepEqual(namesOf(env), ['RETRIEVAL_TTL_SECONDS'])
  assert.deepEqual(namesOf({ ...least, RETRIEVAL_TTL_MAX_SECONDS: '899' }), ['RETRIEVAL_TTL_SECONDS'])
})

test('origins of portals are taken exactly as they are written', () => {
  const origins = [
    'https://portal.example.com',
    'https://xn--mnchen-3ya.example.com:8443',
    'http://localhost:3001',
  ]
  assert.deepEqual(parseConfig({ ...least, CORS_ORIGINS: origins.join(', ') }).corsOrigins, origins)
})

test('runtime nodes are taken once each, without a slash at the end; without the setting there are none', () => {
  const first = 'https://engine-1.example.com:9031'
  const second = 'http://localhost:9031/base'
  const PINGFEDERATE_RUNTIME_URLS = `${first}, ${second}/,${first}/`
  assert.deepEqual(parseConfig({ ...least, PINGFEDERATE_RUNTIME_URLS }).runtimeUrls, [first, second])
  assert.deepEqual(parseConfig(least).runtimeUrls, [])
})

test('nobody can change the configuration afterwards, at any depth', () => {
  const config = parseConfig(least)
  const check = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return
    // What these two hold is private to them.
    if (config.secretKeys.some(each => each === value) || value instanceof Secret) return
    assert.ok(Object.isFrozen(value), path)
    for (const [name, inner] of Object.entries(value)) check(inner, `${path}.${name}`)
  }
  check(config, 'config')
})

const writeSecret = async (t: TestContext, text: string): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'web-session-clients-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'secret')
  await writeFile(file, text)
  return file
}

test('a secret can come from a file, whose last line break does not count', async t => {
  for (const ending of ['', '\n', '\r\n']) {
    const file = await writeSecret(t, key + ending)
    const { secretKeys } = parseConfig({ ...least, SECRET_KEY: undefined, SECRET_KEY_FILE: file })
    assert.equal(secretKeys[0].export().toString('base64url'), key)
  }
  const file = await writeSecret(t, ' pass\nword \n')
  const env = { ...least, PINGFEDERATE_ADMIN_PASSWORD: undefined, PINGFEDERATE_ADMIN_PASSWORD_FILE: file }
  const { credentials } = parseConfig(env).pingFederate
  assert.equal(credentials.kind === 'basic' && credentials.password.reveal(), ' pass\nword ')
})

test('a secret’s file that is missing, empty, wrong or beside the secret itself is told by its own name', async t => {
  const bare = { ...least, SECRET_KEY: undefined }
  const [empty, short, good] = await Promise.all(['\n', 'short', key].map(text => writeSecret(t, text)))
  assert.deepEqual(namesOf({ ...bare, SECRET_KEY_FILE: '/nowhere/secret' }), ['SECRET_KEY_FILE'])
  assert.deepEqual(namesOf({ ...bare, SECRET_KEY_FILE: tmpdir() }), ['SECRET_KEY_FILE'])
  assert.deepEqual(namesOf({ ...bare, SECRET_KEY_FILE: empty }), ['SECRET_KEY_FILE'])
  assert.deepEqual(namesOf({ ...bare, SECRET_KEY_FILE: short }), ['SECRET_KEY'])
  assert.deepEqual(namesOf({ ...least, SECRET_KEY_FILE: good }), ['SECRET_KEY_FILE'])
})

test('the process without configuration ends with 1, says all of it on stderr and nothing on stdout', async () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const started = promisify(execFile)(process.execPath, [main], { env: compileCache })
  const error = await started.then(
    () => undefined,
    failure => failure,
  )
  assert.equal(error.code, 1)
  assert.equal(error.stdout, '')
  assert.equal(error.stderr, `${errorOf({}).message}\n`)
})

test('a misspelt variable that a start needs is named beside what is missing', () => {
  const { PINGFEDERATE_ADMIN_URL: url, ...others } = least
  const { message } = errorOf({ ...others, PINGFEDERATE_ADMN_URL: url })
  assert.match(
    message,
    /PINGFEDERATE_ADMN_URL is not read: there is no such setting\n +Did you mean PINGFEDERATE_ADMIN_URL\?/,
  )
})

test('an address that ends in what the service adds by itself is refused with the address as it should be', () => {
  const { problems, message } = errorOf({
    ...least,
    JWT_ISSUER: 'https://sso.test/.well-known/openid-configuration',
  })
  assert.deepEqual(
    problems.map(({ name }) => name),
    ['JWT_ISSUER'],
  )
  assert.ok(message.includes('fix: JWT_ISSUER=https://sso.test\n'))
})
