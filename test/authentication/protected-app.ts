import type { TestContext } from 'node:test'
import Fastify, { type FastifyRequest } from 'fastify'
import { Agent } from 'undici'
import { anyScope, authenticate, principalOf } from '../../src/authentication/authenticate.ts'
import { createIssuerKeys } from '../../src/authentication/issuer-keys.ts'
import { createVerifiedTokens } from '../../src/authentication/verified-tokens.ts'
import { answerProblems } from '../../src/errors.ts'
import { createKey, startIssuer } from './issuer.ts'

export const audience = 'https://clients.test'

/** For what has no limits to be held to. */
export const unlimited = { admitCaller: () => undefined, admitStranger: () => undefined }

export type ProtectedApp = Awaited<ReturnType<typeof startProtectedApp>>

/** Two protected routes that answer who called, `/any` whatever its scopes, and the issuer its tokens come from. */
export const startProtectedApp = async (t: TestContext) => {
  const key = await createKey('first')
  const issuer = await startIssuer(t, [key])
  const dispatcher = new Agent()
  const keys = createIssuerKeys({ issuer: issuer.url, jwksUrl: undefined, dispatcher, now: Date.now })
  const app = Fastify()
  answerProblems(app)
  await app.register(async scope => {
    await authenticate(scope as never, {
      issuer: issuer.url,
      audience,
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      types: ['at+jwt', 'JWT', ''],
      subjectClaims: ['sub'],
      scopeClaims: ['scope', 'scp'],
      teamsClaim: 'groups',
      keys,
      limits: unlimited,
      verified: createVerifiedTokens({ now: Date.now }),
      now: Date.now,
    })
    const answerCaller = async (request: FastifyRequest) => {
      const { scopes, ...principal } = principalOf(request)
      return { ...principal, scopes: [...scopes] }
    }
    scope.get('/', { config: { scope: 'web-session-clients:read' } }, answerCaller)
    scope.get('/any', { config: { scope: anyScope } }, answerCaller)
  })
  t.after(async () => {
    await app.close()
    await dispatcher.destroy()
  })
  const claims = (): Record<string, unknown> => {
    const now = Math.floor(Date.now() / 1000)
    const granted = { scope: 'web-session-clients:read', groups: ['payments'] }
    return { iss: issuer.url, aud: audience, sub: 'caller', iat: now, exp: now + 300, ...granted }
  }
  const callWith = (authorization: string, url = '/') => app.inject({ url, headers: { authorization } })
  const call = (token: string, url?: string) => callWith(`Bearer ${token}`, url)
  return { app, issuer, key, keys, claims, callWith, call }
}

/** Stops the clock of this process at a round second; `tick` moves it. Sockets and timers go on. */
export const stopClock = (t: TestContext): { tick: (ms: number) => void; nowSeconds: () => number } => {
  t.mock.timers.enable({ apis: ['Date'], now: Math.floor(Date.now() / 1000) * 1000 })
  return { tick: ms => t.mock.timers.tick(ms), nowSeconds: () => Date.now() / 1000 }
}
