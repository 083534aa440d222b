import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { connect, getCACertificates, type TLSSocket } from 'node:tls'
import { type Dispatcher, request } from 'undici'
import { readBounded } from '../bounded-body.ts'
import { singleFlight } from '../single-flight.ts'
import { isUpstreamUrl } from '../upstream-url.ts'
import { userAgent } from '../version.ts'
import { toTlsOptions } from './connect.ts'
import { PingFederateFailure, toConnectionFailure, toFailure } from './failure.ts'
import type { Identity } from './identity.ts'
import { isJson } from './json.ts'
import { parseBody } from './parse-answer.ts'

/** A certificate as whoever connects is shown it. */
export type ShownCertificate = {
  x509: X509Certificate
  /** Those above it, each of which has signed the one before; as far as they are shown, or known here. */
  chain: readonly X509Certificate[]
  /** Why this service does not trust it, by Node's code; null where it does. */
  trustProblem: string | null
}

/** PingFederate as PingAccess's token provider. */
export type TokenProvider = {
  issuer: string
  /** Of the issuer's address; null for a stand-in without TLS. */
  certificate: ShownCertificate | null
}

export type TokenProviderReader = {
  /** @throws PingFederateFailure where no node says who the issuer is, or the issuer does not answer */
  read: () => Promise<TokenProvider>
}

type Options = {
  /** Base URLs of the runtime nodes. */
  urls: readonly string[]
  dispatcher: Dispatcher
  identity: Pick<Identity, 'certificates'>
  /** Of the nodes together, and of the connection to the issuer. */
  timeoutMs: number
}

/** Longer than any discovery document. */
const maxDocumentBytes = 256 * 1024

/** Whoever asks while one is read gets that one. */
export const createTokenProviderReader = (options: Options): TokenProviderReader => ({
  read: singleFlight(async () => {
    const issuer = await findIssuer(options)
    return { issuer, certificate: await readCertificate(issuer, options) }
  }),
})

/** What the first node says that answers; all of them are asked (OpenID Connect Discovery 1.0 section 4). */
const findIssuer = async ({ urls, dispatcher, timeoutMs }: Options): Promise<string> => {
  const signal = AbortSignal.timeout(timeoutMs)
  const answers = urls.map(url => readIssuer(url, dispatcher, signal))
  return Promise.any(answers).catch(({ errors: [first] }: AggregateError) => {
    throw toRuntimeFailure(first)
  })
}

/** What each node says, in their order; those that say nothing that can be used say why. */
export const readIssuers = (
  { urls, dispatcher, timeoutMs }: Pick<Options, 'urls' | 'dispatcher' | 'timeoutMs'>,
  stopped: AbortSignal,
): Promise<(string | PingFederateFailure)[]> => {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(timeoutMs)])
  return Promise.all(urls.map(url => readIssuer(url, dispatcher, signal).catch(toRuntimeFailure)))
}

const readIssuer = async (url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<string> => {
  const { statusCode: status, body } = await request(`${url}/.well-known/openid-configuration`, {
    dispatcher,
    signal,
    headers: { accept: 'application/json', 'user-agent': userAgent },
  })
  const document = parseBody((await readBounded(body, maxDocumentBytes)) ?? '')
  const issuer = isJson(document) ? document['issuer'] : undefined
  if (status === 200 && typeof issuer === 'string' && isUpstreamUrl(issuer)) return issuer
  throw new PingFederateFailure('unexpected', { status })
}

/** A connection that was refused has a code of the system or of TLS; a deadline has a name. */
const toRuntimeFailure = (error: Error & { code?: string }): PingFederateFailure => {
  const failure = toFailure(error)
  return failure.kind === 'broken' ? toConnectionFailure(error) : failure
}

/**
 * Nothing is sent to the issuer: the certificate is all that is wanted, and one that is over or of an unknown CA is worth
 * telling, too.
 */
const readCertificate = async (
  issuer: string,
  { identity, timeoutMs }: Options,
): Promise<ShownCertificate | null> => {
  const { protocol, hostname, port } = new URL(issuer)
  if (protocol === 'http:') return null
  const host = hostname.replace(/^\[|\]$/g, '')
  const { ca } = identity.certificates()
  const socket = connect({
    ...toTlsOptions(ca),
    host,
    port: port === '' ? 443 : Number(port),
    // RFC 6066 section 3 has no addresses there.
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: false,
  })
  try {
    const shown = await shownBy(socket, timeoutMs)
    return { ...shown, chain: toChain(shown.x509, ca) }
  } finally {
    socket.destroy()
  }
}

type Shown = Omit<ShownCertificate, 'chain'>

const shownBy = (socket: TLSSocket, timeoutMs: number): Promise<Shown> => {
  const { promise, resolve, reject } = Promise.withResolvers<Shown>()
  const timer = setTimeout(() => reject(new PingFederateFailure('timeout')), timeoutMs)
  socket.once('secureConnect', () => {
    const x509 = socket.getPeerX509Certificate()
    if (x509 === undefined) return reject(new PingFederateFailure('tls'))
    const { authorized, authorizationError } = socket
    resolve({ x509, trustProblem: authorized ? null : toCode(authorizationError) })
  })
  // Stays, because what breaks after the handshake must not end the process.
  socket.on('error', error => reject(toConnectionFailure(error)))
  return promise.finally(() => clearTimeout(timer))
}

/** More than any chain has; the other side decides how long its own is. */
const maxChainLength = 10

/** Those that are shown, and above them those that are known here: whoever shows a chain leaves its root out. */
const toChain = (x509: X509Certificate, ca: string | undefined): X509Certificate[] => {
  const chain: X509Certificate[] = []
  let below: X509Certificate | undefined = x509
  while (below && chain.length < maxChainLength) {
    below = findAbove(below, ca)
    if (below) chain.push(below)
  }
  return chain
}

/** The one that has signed it; undefined where it is not to be had, or has signed itself. */
const findAbove = (below: X509Certificate, ca: string | undefined): X509Certificate | undefined => {
  const hasSigned = (above: X509Certificate): boolean =>
    below.checkIssued(above) && below.verify(above.publicKey)
  if (hasSigned(below)) return undefined
  const { issuerCertificate } = below
  if (issuerCertificate && hasSigned(issuerCertificate)) return issuerCertificate
  const known = [...toTexts(ca), ...getCACertificates('default')]
  return known
    .values()
    .map(text => new X509Certificate(text))
    .find(hasSigned)
}

/** Each certificate of a file in PEM. */
const toTexts = (pem = ''): readonly string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []

/** Node gives a code in the place of the error that its type promises. */
const toCode = (authorizationError: unknown): string => {
  const { code = authorizationError } = (authorizationError ?? {}) as { code?: unknown }
  return String(code)
}
