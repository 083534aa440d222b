import { createHmac, createPublicKey, sign as signBytes } from 'node:crypto'
import { type BadTokens, encode, type Forge, randomText, signClaims, told } from './forge.ts'

/** An HMAC under what everybody can read. */
const hmacs = ({ first, rsa, claims }: Forge): [string, string][] => {
  const mac = (kid: string, secret: string | Buffer): string => {
    const input = `${encode({ alg: 'HS256', kid, typ: 'at+jwt' })}.${encode(claims)}`
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
  }
  const publicKey = createPublicKey({ key: rsa.jwk as never, format: 'jwk' })
  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  return [
    ['an HMAC with the public key’s PEM', mac('rsa', pem)],
    ['an HMAC with the public key’s PEM without its last line break', mac('rsa', pem.trim())],
    ['an HMAC with the public key’s DER', mac('rsa', publicKey.export({ type: 'spki', format: 'der' }))],
    ['an HMAC with the public key’s JWK', mac('rsa', JSON.stringify(rsa.jwk))],
    ['an HMAC with the modulus', mac('rsa', Buffer.from(rsa.jwk.n ?? '', 'base64url'))],
    ['an HMAC with a point of the curve', mac('first', JSON.stringify(first.jwk))],
    ['an HMAC with nothing', mac('first', '')],
    ['an HMAC with the kid', mac('first', 'first')],
  ]
}

const unsigned = ({ good }: Forge): [string, string][] => {
  const [, payload = '', signature = ''] = good.split('.')
  const token = (alg: unknown, end = '') =>
    `${encode({ alg, kid: 'first', typ: 'at+jwt' })}.${payload}.${end}`
  return [
    ...['none', 'None', 'NONE', 'nOnE'].map((alg): [string, string] => [`alg ${alg}`, token(alg)]),
    ['alg none with a signature', token('none', signature)],
    ['alg none with a stranger’s signature', token('none', randomText(64))],
  ]
}

/** Bytes where an ES256 signature belongs. */
const forgedBytes = ({ first, good }: Forge): [string, string][] => {
  const input = good.slice(0, good.lastIndexOf('.'))
  const bytes = Buffer.from(good.split('.')[2] ?? '', 'base64url')
  const [r, s] = [bytes.subarray(0, 32), bytes.subarray(32)]
  const zero = Buffer.alloc(32)
  const order = Buffer.from('FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551', 'hex')
  const all: [string, Buffer][] = [
    ['no signature', Buffer.alloc(0)],
    ['a signature of zeros (CVE-2022-21449)', Buffer.concat([zero, zero])],
    ['a signature whose r is zero', Buffer.concat([zero, s])],
    ['a signature whose s is zero', Buffer.concat([r, zero])],
    ['a signature of the curve’s order', Buffer.concat([order, order])],
    ['a signature of ones', Buffer.alloc(64, 255)],
    ['a signature in DER', signBytes('sha256', Buffer.from(input), first.privateKey)],
    ['a signature cut by a byte', bytes.subarray(0, 63)],
    ['a signature with a byte more', Buffer.concat([bytes, Buffer.alloc(1)])],
    ['a signature with its halves exchanged', Buffer.concat([s, r])],
    ['a giant signature', Buffer.alloc(4_000, 1)],
  ]
  return all.map(([what, signature]) => [what, `${input}.${signature.toString('base64url')}`])
}

/** Parts of good tokens put together anew. */
const exchanged = (forge: Forge): [string, string][] => {
  const { good, claims, first } = forge
  const [header = '', payload = '', signature = ''] = good.split('.')
  const other = signClaims({ ...claims, sub: 'other' }, first)
  return [
    ['changed claims', `${header}.${encode({ ...claims, sub: 'admin' })}.${signature}`],
    ['claims without those that restrict', `${header}.${encode({ sub: 'admin' })}.${signature}`],
    ['a changed header', `${encode({ alg: 'ES256', kid: 'first' })}.${payload}.${signature}`],
    ['another good token’s signature', `${header}.${payload}.${other.split('.')[2]}`],
    ['another good token’s claims', `${header}.${other.split('.')[1]}.${signature}`],
  ]
}

/** Tokens whose signature does not prove that the issuer wrote them. */
export const badSignatures = (forge: Forge): BadTokens[] => [
  { because: 'a token is signed (RFC 8725 section 3.1)', told: told.algorithm, tokens: unsigned(forge) },
  {
    because: 'what is public signs nothing (RFC 8725 section 2.1)',
    told: told.algorithm,
    tokens: hmacs(forge),
  },
  {
    because: 'the signature is that of the issuer’s key over this very token (RFC 7515 section 5.2)',
    told: told.invalid,
    tokens: [...forgedBytes(forge), ...exchanged(forge)],
  },
]
