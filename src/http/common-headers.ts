import type { FastifyInstance } from 'fastify'

type Options = { config: { publicUrl: string | undefined } }

/** Whether callers come by TLS, which ends before this process. */
export const isBehindTls = ({ config: { publicUrl } }: Options): boolean =>
  publicUrl?.startsWith('https:') ?? false

/** A year; of the names below this one somebody else decides. */
const transportSecurity = { 'strict-transport-security': 'max-age=31536000' }

/**
 * Header fields of every answer (OWASP REST Security Cheat Sheet). Answers can carry secrets, tokens and other people's
 * clients: no cache keeps any, no browser guesses a type, and no page embeds, frames, scripts or learns from one.
 * Strict-Transport-Security only where callers are known to come by TLS (RFC 6797 section 7.2).
 * No Cross-Origin-Embedder-Policy: it unlocks what nothing here uses, and keeps nobody out.
 */
export const toCommonHeaders = (options: Options): Readonly<Record<string, string>> =>
  Object.freeze({
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'x-permitted-cross-domain-policies': 'none',
    ...(isBehindTls(options) && transportSecurity),
  })

/** Sets them before anything else can answer, with the id of the request. */
export const setCommonHeaders = (app: FastifyInstance, headers: Readonly<Record<string, string>>): void => {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers).header('x-request-id', request.id)
    done()
  })
}
