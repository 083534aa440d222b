import {
  type BadTokens,
  encode,
  type Forge,
  type ForgeKey,
  randomText,
  signClaims,
  signTexts,
  told,
} from './forge.ts'

type Header = Record<string, unknown>

const signer =
  (claims: Header, key: ForgeKey) =>
  ([what, header]: [string, Header]): [string, string] => [what, signClaims(claims, key, header)]

/** Signed by the issuer's own key, as a token of another kind or by another algorithm. */
export const badKinds = ({ first, claims }: Forge): BadTokens[] => {
  const mine = signer(claims, first)
  return [
    {
      because: 'the algorithm is one of the configured ones (RFC 8725 section 3.1)',
      told: told.algorithm,
      tokens: [
        ...['ES384', 'RS512', 'ES256K', 'HS512', 'dir', 'es256', ' ES256', 'Ed25519', ''].map(
          (alg): [string, string] => [`alg ${alg || 'empty'}`, signClaims(claims, first, { alg })],
        ),
        mine(['alg as a list', { alg: ['ES256'] }]),
        mine(['alg null', { alg: null }]),
        mine(['no alg', { alg: undefined }]),
      ],
    },
    {
      because: 'a token of another kind is no access token (RFC 8725 section 3.11, RFC 9068 section 4)',
      told: told.type,
      tokens: [
        ...['logout+jwt', 'dpop+jwt', 'id+jwt', 'secevent+jwt', 'JOSE', 'at+jwt2', 'at jwt'].map(
          (typ): [string, string] => [`typ ${typ}`, signClaims(claims, first, { typ })],
        ),
        mine(['typ of another media type', { typ: 'text/at+jwt' }]),
        mine(['typ as a list', { typ: ['at+jwt'] }]),
        mine(['typ as a number', { typ: 7 }]),
      ],
    },
  ]
}

/** Signed by the issuer's own key, under a header that cannot be followed. */
export const badHeaders = (forge: Forge): BadTokens[] => {
  const { first, claims } = forge
  const mine = signer(claims, first)
  const payload = JSON.stringify(claims)
  return [
    {
      because: 'critical header parameters have to be understood (RFC 7515 section 4.1.11)',
      told: told.critical,
      tokens: [
        mine(['crit of something unknown', { crit: ['x'], x: 1 }]),
        mine(['crit of what is understood', { crit: ['exp'], exp: 1 }]),
        mine(['an empty crit', { crit: [] }]),
        mine(['crit null', { crit: null }]),
        mine(['b64 with its crit', { b64: false, crit: ['b64'] }]),
      ],
    },
    {
      because: 'whether the payload is encoded must not be open (RFC 7797 section 6)',
      told: told.unencoded,
      tokens: [mine(['b64 false without crit', { b64: false }])],
    },
    {
      because: 'kid is a text (RFC 7515 section 4.1.4)',
      told: told.kid,
      tokens: [
        mine(['kid as a list', { kid: ['first'] }]),
        mine(['kid as a number', { kid: 1 }]),
        mine(['kid null', { kid: null }]),
        mine(['kid as an object', { kid: { kid: 'first' } }]),
      ],
    },
    {
      because: 'header parameters are unique (RFC 7515 section 4)',
      told: told.ambiguous,
      tokens: [
        ['kid twice', signTexts('{"alg":"ES256","kid":"rsa","typ":"at+jwt","kid":"first"}', payload, first)],
        ['alg twice', signTexts('{"alg":"none","kid":"first","typ":"at+jwt","alg":"ES256"}', payload, first)],
        ['a prototype of its own', signTexts('{"alg":"ES256","kid":"first","__proto__":{}}', payload, first)],
      ],
    },
    {
      because: 'a header is one JSON object (RFC 7515 section 4)',
      told: told.invalid,
      tokens: [null, [], 'x', 1].map(header => [
        `a header that is ${JSON.stringify(header)}`,
        `${encode(header)}.${forge.good.split('.').slice(1).join('.')}`,
      ]),
    },
  ]
}

/** Tokens that do not name the one key of the issuer that they are signed with. */
export const badKeys = ({ first, rsa, wide, claims, trap }: Forge): BadTokens[] => {
  return [
    {
      because: 'kid names one key of the issuer and is nothing but a name (RFC 8725 section 3.10)',
      told: told.invalid,
      tokens: [
        ...[
          ...[
            'unknown',
            '',
            'FIRST',
            'first ',
            'first\u0000',
            'fïrst',
            '../../../../etc/passwd',
            '/dev/null',
          ],
          ...[
            "first' OR '1'='1",
            'first"; DROP TABLE client; --',
            '`id`',
            '$(id)',
            '__proto__',
            'constructor',
          ],
          ...[trap, `${trap}/jwks#first`, 'x'.repeat(5_000)],
        ].map((kid): [string, string] => [
          `kid ${JSON.stringify(kid.slice(0, 30))}`,
          signClaims(claims, first, { kid }),
        ]),
        ['no kid, and two keys that fit', signClaims(claims, rsa, { kid: undefined })],
        ['kid of another key', signClaims(claims, rsa, { kid: 'rsa-twin' })],
        ['kid of a key of another type', signClaims(claims, first, { kid: 'rsa' })],
        ['kid of a key on another curve', signClaims(claims, first, { kid: 'wide' })],
        ['a key on another curve than the algorithm’s', signClaims(claims, wide, { alg: 'ES256' })],
        ['the algorithm of another key type', signClaims(claims, first, { alg: 'RS256' })],
        ['a padding the key is not for', signClaims(claims, rsa, { alg: 'PS256' })],
      ],
    },
  ]
}

/** Tokens that bring a key along, or tell where to get one. */
export const badKeySources = ({ stranger, claims, trap }: Forge): BadTokens[] => {
  const theirs = signer(claims, stranger)
  return [
    {
      because: 'a key comes from the issuer’s set only, whatever the token names (RFC 8725 section 3.10)',
      told: told.invalid,
      tokens: [
        theirs(['a stranger’s key under the issuer’s kid', {}]),
        theirs(['a stranger’s key in jwk', { jwk: stranger.jwk }]),
        theirs(['a stranger’s key in jwk, without kid', { jwk: stranger.jwk, kid: undefined }]),
        theirs(['a stranger’s key at a jku', { jku: `${trap}/jwks` }]),
        theirs(['a jku that begins like the issuer', { jku: `${claims['iss']}@${new URL(trap).host}/` }]),
        theirs(['a jku of an instance’s metadata', { jku: 'http://169.254.169.254/latest/' }]),
        theirs(['a jku of a file', { jku: 'file:///etc/passwd' }]),
        theirs(['a stranger’s certificate at an x5u', { x5u: `${trap}/certificate` }]),
        theirs(['a stranger’s certificate in x5c', { x5c: [randomText(400)] }]),
        theirs(['a thumbprint in x5t#S256', { 'x5t#S256': randomText(32) }]),
        theirs(['an unknown kid and a jku', { kid: 'theirs', jku: `${trap}/jwks` }]),
      ],
    },
  ]
}
