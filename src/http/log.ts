import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LoggerOptions } from 'pino'

/** Fixed texts of the log: an operator searches for these, so they are kept in one place. */
export const logTexts = {
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
  pingFederateDown: 'PingFederate does not answer; calls are refused until it does',
  pingFederateBack: 'PingFederate answers again',
  credentialsReread: 'credentials or certificates were read again from their files, and are in use',
  credentialsUnusable:
    'a file of credentials or certificates has changed and cannot be used; the former ones stay in use',
  databaseConnectionLost: 'connection to the database lost',
  replicationFailed: 'replication could not be triggered',
  maintenanceFailed: 'recovery or sweep failed',
  settled: 'operation settled',
  unsettled: 'operation could not be settled',
  prerequisitesUnread: 'a prerequisite in PingFederate could not be read',
  audited: 'audit event',
  strays: 'clients in PingFederate that no operation accounts for',
  refusalUnrecorded: 'a refused attempt could not be recorded',
} as const

/**
 * Serializers name what may be written instead of what may not: headers, bodies, URLs with a query and
 * messages of unknown errors never reach the log, whatever object they hide in.
 */
export const loggerOptions = (level: string): LoggerOptions => ({
  level,
  base: null,
  timestamp: () => `,"time":"${new Date().toISOString()}"`,
  formatters: { level: label => ({ level: label }) },
  serializers: { err: toLoggedError, error: toLoggedError, req: toLoggedRequest, res: toLoggedReply },
})

const toLoggedRequest = (request: FastifyRequest) => ({
  id: request.id,
  method: request.method,
  route: request.routeOptions?.url ?? 'none',
})

const toLoggedReply = (reply: FastifyReply) => ({ status: reply.statusCode })

/** Runs of 24 and more such characters are tokens, keys and secrets far more often than words. */
const tokenLike = /[A-Za-z0-9_~+=-]{24,}/g
const maxCauses = 4

/** A text with what could be a secret masked. */
const maskTokens = (text: string): string => text.replaceAll(tokenLike, '[masked]')

type Loggable = { name?: unknown; code?: unknown; message?: unknown; stack?: unknown; cause?: unknown }

/**
 * Name, code and stack frames. The message only of errors that carry a code, because libraries make those from
 * fixed texts, while a bare SyntaxError or TypeError may quote its input; and even then with token-like runs masked.
 */
const toLoggedError = (error: unknown, depth = 0): Record<string, unknown> => {
  const { name, code, message, stack, cause } = (
    typeof error === 'object' && error !== null ? error : {}
  ) as Loggable
  return {
    type: String(name ?? typeof error),
    ...(code !== undefined && { code: String(code) }),
    ...(code !== undefined && { message: maskTokens(String(message)) }),
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
