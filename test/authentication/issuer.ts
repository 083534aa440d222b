import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'

type SigningKey = { kid: string; alg: string; privateKey: CryptoKey; jwk: JWK }
type Answerer = (response: ServerResponse) => void

export type TestIssuer = {
  url: string
  /** Keys in the published set; add and remove at will. */
  jwks: JWK[]
  /** How often each path was asked for. */
  requests: Record<'discovery' | 'jwks', number>
  /** Replaces what a path answers; undefined restores it. */
  answer: (path: 'discovery' | 'jwks', answerer: Answerer | undefined) => void
  stop: () => Promise<void>
}

export const createKey = async (kid: string, alg = 'ES256'): Promise<SigningKey> => {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** Signs claims as an access token; `header` adds to or replaces what belongs there, undefined leaves it out. */
export const sign = (
  { privateKey, kid, alg }: SigningKey,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> => {
  const all = { alg, kid, typ: 'at+jwt', ...header }
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return new SignJWT(claims).setProtectedHeader(sent as { alg: string }).sign(privateKey)
}

/** An issuer that publishes keys and nothing else, on a real port. */
export const startIssuer = async (t: TestContext, keys: readonly SigningKey[]): Promise<TestIssuer> => {
  const jwks = keys.map(({ jwk }) => jwk)
  const requests = { discovery: 0, jwks: 0 }
  const answers: Partial<Record<'discovery' | 'jwks', Answerer>> = {}
  const server = createServer((request, response) => {
    const path = request.url === '/jwks' ? 'jwks' : 'discovery'
    requests[path] += 1
    const body = path === 'jwks' ? { keys: jwks } : { issuer: url, jwks_uri: `${url}/jwks` }
    const usual = () => response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    const answer = answers[path] ?? usual
    answer(response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  }
  t.after(stop)
  const answer: TestIssuer['answer'] = (path, answerer) => {
    if (answerer) answers[path] = answerer
    else delete answers[path]
  }
  return { url, jwks, requests, answer, stop }
}
