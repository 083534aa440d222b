import { type ServiceName, serviceNames } from './callers.ts'
import { createSandbox, type Sandbox, type SandboxOptions, type SandboxPingAccess } from './sandbox.ts'

/*
 * The sandbox on its own, for docker compose. Secrets that are not given are random and printed, since nothing but
 * throw-away clients is behind them:
 *
 *   SANDBOX_HOST, SANDBOX_ADMIN_PORT, SANDBOX_ISSUER_PORT, SANDBOX_ISSUER_URL, SANDBOX_AUDIENCE,
 *   SANDBOX_RUNTIME_PORT, SANDBOX_PINGACCESS_ADMIN_PORT, SANDBOX_PINGACCESS_ENGINE_PORT,
 *   SANDBOX_CLUSTER (standalone or clustered), SANDBOX_VERSION (PingFederate's, such as 12.1.0.4),
 *   SANDBOX_ADMIN_PASSWORD, SANDBOX_SWAGGER_UI_REDIRECT_URIS (comma-separated) and SANDBOX_SECRET_<SERVICE>, e.g.
 *   SANDBOX_SECRET_PAYMENTS_PIPELINE
 */
const { env } = process

function port(name: string, fallback: number): number {
  const value = Number(env[name] ?? fallback)
  if (Number.isInteger(value) && value >= 0 && value < 65_536) return value
  throw new Error(`${name} must be a port, not ${env[name]}`)
}

function cluster(): 'standalone' | 'clustered' {
  const value = env['SANDBOX_CLUSTER'] ?? 'standalone'
  if (value === 'standalone' || value === 'clustered') return value
  throw new Error(`SANDBOX_CLUSTER must be standalone or clustered, not ${value}`)
}

/** The same as compose runs, so that the sandbox stands in for that PingFederate. */
const composedVersion = '13.1.3.0'

function version(): string {
  const value = env['SANDBOX_VERSION'] ?? composedVersion
  if (/^\d+(\.\d+){1,3}$/.test(value)) return value
  throw new Error(`SANDBOX_VERSION must be a version such as 12.1.0.4, not ${value}`)
}

function serviceSecrets(): Partial<Record<ServiceName, string>> {
  const given = serviceNames.map(name => [name, env[`SANDBOX_SECRET_${toVariable(name)}`]] as const)
  return Object.fromEntries(given.filter(([, secret]) => secret !== undefined))
}

function toVariable(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}

function readOptions(): SandboxOptions {
  const { SANDBOX_ADMIN_PASSWORD: adminPassword, SANDBOX_ISSUER_URL: issuerUrl } = env
  return {
    audience: env['SANDBOX_AUDIENCE'] ?? 'web-session-clients',
    host: env['SANDBOX_HOST'] ?? '127.0.0.1',
    adminPort: port('SANDBOX_ADMIN_PORT', 9999),
    issuerPort: port('SANDBOX_ISSUER_PORT', 9031),
    cluster: cluster(),
    version: version(),
    serviceSecrets: serviceSecrets(),
    swaggerUiRedirectUris: (env['SANDBOX_SWAGGER_UI_REDIRECT_URIS'] ?? '').split(',').filter(Boolean),
    ...(adminPassword === undefined ? {} : { adminPassword }),
    ...(issuerUrl === undefined ? {} : { issuerUrl }),
  }
}

function describe(
  { adminUrl, issuer, adminUsername, adminPassword, services, people, pingFederate }: Sandbox,
  pingAccess: SandboxPingAccess,
): string {
  const callers = Object.values(services).map(
    ({ clientId, clientSecret, scopes }) => `  ${clientId} ${clientSecret} (${scopes.join(' ')})`,
  )
  const names = people.map(({ name, teams }) => `${name} (${teams.join(', ')})`)
  return `${[
    `PingFederate ${pingFederate.settings.version} admin API ${adminUrl}/pf-admin-api/v1, ${adminUsername} ${adminPassword}`,
    `OpenID issuer ${issuer}, people: ${names.join(', ')}`,
    `PingAccess admin API ${pingAccess.adminUrl}/pa-admin-api/v3, ${pingAccess.adminUsername} ${pingAccess.adminPassword}`,
    `PingAccess engine https://127.0.0.1:${pingAccess.engine.port}, site ${pingAccess.sampleTarget}, issuer ${pingAccess.issuer} with this certificate:`,
    pingAccess.certificate.trim(),
    'Services (client id, client secret, scopes):',
    ...callers,
  ].join('\n')}\n`
}

const sandbox = await createSandbox(readOptions())
const pingAccess = await sandbox.startPingAccess({
  adminPort: port('SANDBOX_PINGACCESS_ADMIN_PORT', 9000),
  enginePort: port('SANDBOX_PINGACCESS_ENGINE_PORT', 3443),
  runtimePort: port('SANDBOX_RUNTIME_PORT', 9032),
})
process.stdout.write(describe(sandbox, pingAccess))

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => sandbox.close())
