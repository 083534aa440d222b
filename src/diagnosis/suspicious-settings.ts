import { countSlips } from '../nearest-name.ts'

/** A variable that is set and does not do what whoever set it expects; never with its value. */
export type SettingWarning = { setting: string; reason: string; fix: string }

/** How the names of our variables begin, as far as nobody else's do. */
const prefixes = [
  ...['PINGFEDERATE_', 'PINGACCESS_', 'JWT_', 'RATE_LIMIT_', 'RETRIEVAL_', 'SECRET_KEY', 'DATABASE_URL'],
  ...[
    'CORS_',
    'METRICS_',
    'POLICY_',
    'SWAGGER_UI_',
    'TRUST_PROXY',
    'ALLOW_IP_',
    'ALLOW_BEARER_',
    'REQUIRE_FULLY_',
  ],
]

/** Kubernetes sets these in every container for each service of the namespace, and one may be called `pingfederate`. */
const ofKubernetes = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/

/** More edits than in a slip of the hand; of a shorter name two edits make any other. */
const maxEdits = 2
const leastLength = 7

/** Variables that most programs take a proxy from, in either case. */
export const proxyVariables = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']

/**
 * Finds variables that look like ours and are none, and those of proxies.
 * @param known names of all variables that are read
 */
export const findSuspiciousSettings = (
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): SettingWarning[] =>
  Object.keys(env)
    .filter(name => env[name] && !known.includes(name))
    .flatMap(name => findProxy(name) ?? findMisspelt(name, known) ?? [])

const findProxy = (setting: string): SettingWarning | undefined =>
  proxyVariables.includes(setting.toUpperCase())
    ? {
        setting,
        reason: 'is not honoured: PingFederate, the issuer and the database are connected to directly',
        fix: 'Let the network pass what goes from here to them, and unset the variable.',
      }
    : undefined

const findMisspelt = (setting: string, known: readonly string[]): SettingWarning | undefined => {
  const name = setting.toUpperCase().replaceAll('-', '_')
  const isOurs = prefixes.some(prefix => name.startsWith(prefix)) && !ofKubernetes.test(name)
  // Most variables are other programs': comparing each of them with all names would take a noticeable part of the start.
  const candidates = isOurs ? known : known.filter(each => Math.abs(each.length - name.length) <= maxEdits)
  const { nearest, edits } = findNearest(name, candidates)
  const isSlip = edits <= maxEdits && name.length >= leastLength
  if (!isSlip && !isOurs) return undefined
  // Names of one prefix have much in common, so that the nearest one can still be far away.
  const isNear = edits <= name.length / 3
  return {
    setting,
    reason: 'is not read: there is no such setting',
    fix: isNear ? `Did you mean ${nearest}?` : 'README.md, "Configuration", lists all settings.',
  }
}

const none = { nearest: '', edits: Number.POSITIVE_INFINITY }

const findNearest = (name: string, known: readonly string[]): { nearest: string; edits: number } =>
  known
    .map(nearest => ({ nearest, edits: countSlips(name, nearest) }))
    .reduce((best, each) => (each.edits < best.edits ? each : best), none)
