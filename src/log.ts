import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LogFn, Logger, LoggerOptions } from 'pino'
import { maskTokens } from './secret-like.ts'

/** Fixed texts of the log: an operator searches for these, so they are kept in one place. */
export const logTexts = {
  starting: 'starting',
  settingSuspicious: 'a setting may not do what is expected of it',
  listening: 'listening',
  listeningForMetrics: 'metrics are answered',
  stopping: 'stopping',
  stoppingAlready: 'stopping already',
  stopTooSlow: 'stopping took too long; ended without finishing',
  handedOver: 'requests that did not finish in time are left to the next start',
  stopped: 'stopped',
  request: 'request',
  unexpected: 'unexpected failure',
  reloading: 'reloading',
  policyLoaded: 'policy loaded',
  policyRefused: 'policy file refused; the policy that was loaded before stays in force',
  policyAbsent: 'no policy file is configured; nothing was reloaded',
  pingFederateFound: 'PingFederate answers',
  pingFederateDown: 'PingFederate does not answer; calls are refused until it does',
  pingFederateBack: 'PingFederate answers again',
  credentialsRefused:
    'PingFederate refuses the credentials; they are left alone until their file changes or the pause is over',
  credentialsAccepted: 'PingFederate accepts the credentials again',
  pingFederateUnusable: 'PingFederate cannot be used',
  pingFederateUsable: 'PingFederate can be used again',
  installationWarning: 'a warning about the installation',
  installationWarningGone: 'a warning about the installation has gone',
  pingAccessFound: 'PingAccess answers',
  pingAccessUnreadable: 'PingAccess could not be read',
  webSessionsDisagree: 'clients that their web sessions in PingAccess do not agree with',
  agreementUnread: 'a client could not be compared with its web session',
  pingAccessCredentialsRefused:
    'PingAccess refuses the credentials; they are left alone until their file changes or a minute and a half is over',
  pingAccessCredentialsAccepted: 'PingAccess accepts the credentials again',
  issuerUnusable: 'the keys of the issuer cannot be had',
  issuerUsable: 'the keys of the issuer can be had again',
  issuerKeysStale:
    'the keys of the issuer cannot be read again; the last ones are used, for four hours at most',
  issuerUndiscovered: 'the discovery document of the issuer cannot be used; its configured key set is',
  databaseUnusable: 'the database does not answer',
  databaseUsable: 'the database answers again',
  credentialsReread: 'credentials or certificates were read again from their files, and are in use',
  credentialsUnusable:
    'a file of credentials or certificates has changed and cannot be used; the former ones stay in use',
  databaseConnectionLost: 'connection to the database lost',
  databaseBatchUndone: 'writes that shared a transaction run again by themselves',
  replicationFailed: 'replication could not be triggered',
  maintenanceFailed: 'recovery or sweep failed',
  settled: 'operation settled',
  unsettled: 'operation could not be settled',
  prerequisitesUnread: 'a prerequisite in PingFederate could not be read',
  tokenRefused: 'access token refused',
  audited: 'audit event',
  orphans: 'clients in PingFederate that no operation accounts for',
  refusalUnrecorded: 'a refused attempt could not be recorded',
  failed: 'failure',
} as const

/** What a line may have besides level, time and text: whatever else is handed to the log stays out of it. */
const loggedFields: ReadonlySet<string> = new Set([
  ...['reqId', 'method', 'route', 'status', 'ms', 'subject', 'code', 'err', 'error', 'req', 'res'],
  ...['signal', 'policyFile', 'sha256', 'problems', 'count', 'orphans', 'disagreements', 'operation'],
  // Of an audit event.
  ...['action', 'outcome', 'reason', 'rule', 'actorClientId', 'teams', 'actingParties', 'address', 'team'],
  ...['asAdmin', 'clientId'],
  // Of a refused access token: the claim, and what the configuration wants it to be.
  ...['claim', 'expected'],
  // Of what is wrong with the set-up.
  ...['fix', 'fixedBy', 'setting'],
  // Of the start.
  ...[
    'version',
    'database',
    'pingFederate',
    'issuer',
    'audience',
    'policy',
    'pingFederateVersion',
    'pingAccessVersion',
  ],
])

/**
 * Fields and serializers name what may be written instead of what may not: headers, bodies, URLs with a query and
 * messages of unknown errors never reach the log, whatever object they hide in.
 */
export const loggerOptions = (level: string): LoggerOptions => ({
  level,
  base: null,
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: label => ({ level: label }), log: keepListed },
  hooks: { logMethod: keepFixedText },
  serializers: { err: toLoggedError, error: toLoggedError, req: toLoggedRequest, res: toLoggedReply },
})

const isListed = (name: string): boolean => loggedFields.has(name)

const keepListed = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.keys(fields).every(isListed)
    ? fields
    : Object.fromEntries(Object.entries(fields).filter(([name]) => isListed(name)))

const fixedTexts: ReadonlySet<string> = new Set(Object.values(logTexts))

/** pino takes an error's message for the text where a call has none, and libraries put addresses into their texts. */
function keepFixedText(this: Logger, [first, text]: Parameters<LogFn>, method: LogFn): void {
  if (typeof first === 'string') method.call(this, fixedTexts.has(first) ? first : maskText(first))
  else method.call(this, first, isOfError(first, text) ? logTexts.failed : text)
}

const isOfError = (logged: unknown, text: unknown): boolean => {
  const error = logged instanceof Error ? logged : (logged as { err?: Loggable } | undefined)?.err
  return error !== undefined && (text === undefined || text === error.message)
}

/** What stands in quotes or behind a question mark may be what somebody sent. */
const maskText = (text: string): string =>
  maskTokens(text.replaceAll(/"[^"]*"/g, '"[masked]"').replaceAll(/\?\S+/g, '?[masked]'))

const toLoggedRequest = (request: FastifyRequest) => ({
  id: request.id,
  method: request.method,
  route: request.routeOptions?.url ?? 'none',
})

const toLoggedReply = (reply: FastifyReply) => ({ status: reply.statusCode })

const maxCauses = 4

type Loggable = { name?: unknown; code?: unknown; message?: unknown; stack?: unknown; cause?: unknown }

/**
 * Codes whose errors have words that name places and reasons: of the system and of TLS, of connections (undici), of key
 * sets (jose), of databases (SQLSTATE, but for class 22, which quotes values), and those of this service. Any other quotes
 * what it was given: an address (Fastify), a header (Node.js), a text (parsers).
 */
const spokenCodes =
  /^(E[A-Z0-9]+|EAI_[A-Z]+|UND_ERR_[A-Z_]+|ERR_(TLS|SSL|JWKS|JOSE)_[A-Z_]+|(CERT|UNABLE|SELF_SIGNED|DEPTH_ZERO|HOSTNAME)_[A-Z_]+|(?!22)[0-9][0-9A-Z]{4}|ERR_SQLITE_ERROR|DATABASE_UNAVAILABLE|COMMIT_UNKNOWN)$/

/** What they say is fixed, or answered to the caller as well. */
const ownErrors: ReadonlySet<unknown> = new Set([
  'PingFederateFailure',
  'PingAccessFailure',
  'IssuerUnavailable',
  'Problem',
])

const isSpoken = (name: unknown, code: unknown): boolean =>
  ownErrors.has(name) || spokenCodes.test(String(code))

/** Name, code, stack frames, and the message of errors whose code is known for it, with token-like runs masked. */
export const toLoggedError = (error: unknown, depth = 0): Record<string, unknown> => {
  const { name, code, message, stack, cause } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as Loggable
  return {
    type: String(name ?? typeof error),
    ...(code !== undefined && { code: String(code) }),
    ...(isSpoken(name, code) && { message: maskTokens(String(message)) }),
    ...(typeof stack === 'string' && { stack: toFrames(stack, String(message)) }),
    ...(cause !== undefined && depth < maxCauses && { cause: toLoggedError(cause, depth + 1) }),
  }
}

/** A stack begins with the message, and a message may have lines that look like frames. */
const toFrames = (stack: string, message: string): string[] =>
  stack
    .replace(message, '')
    .split('\n')
    .filter(line => /^\s+at /.test(line))
