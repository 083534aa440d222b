import { type BadTokens, type Forge, signClaims, signTexts, told } from './forge.ts'

type Claims = Record<string, unknown>
type Group = (
  because: string,
  text: BadTokens['told'],
  changes: [what: string, change: Claims][],
) => BadTokens

/** Changes to the claims of a good token, each signed by the issuer's own key. */
const grouper =
  ({ claims, first }: Forge): Group =>
  (because, text, changes) => ({
    because,
    told: text,
    tokens: changes.map(([what, change]) => [what, signClaims({ ...claims, ...change }, first)]),
  })

/** Claims of another issuer, or for another service. */
export const badAddressees = (forge: Forge): BadTokens[] => {
  const group = grouper(forge)
  const { iss } = forge.claims
  return [
    group('iss is exactly the configured issuer (RFC 9068 section 4)', told.issuer, [
      ['another iss', { iss: 'https://evil.example.com' }],
      ['an iss that serves keys of its own', { iss: forge.trap }],
      ['an iss with a slash more', { iss: `${iss}/` }],
      ['an iss in upper case', { iss: String(iss).toUpperCase() }],
      ['an iss that only begins alike', { iss: `${iss}.evil.example.com` }],
      ['iss as a list', { iss: [iss] }],
      ['iss null', { iss: null }],
    ]),
    group('iss is there (RFC 9068 section 2.2)', told.noIssuer, [['no iss', { iss: undefined }]]),
    group('aud is there (RFC 9068 section 2.2)', told.noAudience, [['no aud', { aud: undefined }]]),
    group('a refusal names all claims that are not there', told.noClaims, [
      ['none of them', { iss: undefined, aud: undefined, exp: undefined, sub: undefined }],
    ]),
    group('aud names this service exactly (RFC 9068 section 4)', told.audience, [
      ['another aud', { aud: 'https://other.test' }],
      ['an aud with a slash more', { aud: 'https://clients.test/' }],
      ['an aud in upper case', { aud: 'HTTPS://CLIENTS.TEST' }],
      ['an aud that only begins alike', { aud: 'https://clients.test.evil.example.com' }],
      ['several auds in one text', { aud: 'https://clients.test https://other.test' }],
      ['a list of other auds', { aud: ['https://a.test', 'https://b.test'] }],
      ['an empty list of auds', { aud: [] }],
      ['a list in a list', { aud: [['https://clients.test']] }],
      ['a list with a number', { aud: ['https://clients.test', 1] }],
      ['aud as an object', { aud: { 'https://clients.test': true } }],
      ['aud null', { aud: null }],
    ]),
  ]
}

/** Claims of somebody who cannot be named. */
export const badSubjects = (forge: Forge): BadTokens[] => {
  const group = grouper(forge)
  return [
    group('sub is one line of visible text (RFC 9068 section 2.2)', told.subject, [
      ['an empty sub', { sub: '' }],
      ['a giant sub', { sub: 'x'.repeat(257) }],
      ['sub as a number', { sub: 7 }],
      ['sub null', { sub: null }],
      ['sub as a list', { sub: ['caller'] }],
      ['a sub of blanks', { sub: '  ' }],
      ['a sub with a line break, which forges a log line', { sub: 'caller\r\n{"level":30}' }],
      ['a sub with NUL, which PostgreSQL does not store', { sub: 'caller\u0000' }],
      ['half a character, which two subjects can become', { sub: 'caller\uD800' }],
      ['a sub that reverses its text', { sub: 'caller\u202Enimda' }],
    ]),
    group('a sub is no name under which the service itself acts', told.subject, [
      ['the recovery', { sub: 'web-session-clients:recovery' }],
      ['the publishing', { sub: 'web-session-clients:publishing' }],
      ['a task that there is not yet', { sub: 'web-session-clients:x' }],
      ['the service’s name in upper case', { sub: 'Web-Session-Clients:Recovery' }],
      ['the service’s name in wide letters', { sub: 'ｗeb-session-clients：recovery' }],
    ]),
    group('nor is the OAuth client', told.client, [
      ['a client_id of the service', { client_id: 'web-session-clients:recovery' }],
    ]),
    group('nor is the azp in its place', told.azp, [
      ['an azp of the service', { azp: 'web-session-clients:recovery' }],
    ]),
    group('nor is who acts for the subject', told.act, [
      ['an act of the service', { act: { sub: 'web-session-clients:recovery' } }],
    ]),
    group('sub is there (RFC 9068 section 2.2)', told.noSubject, [['no sub', { sub: undefined }]]),
    group('client_id and azp stand in the audit trail as sub does', told.client, [
      ['a client_id with a line break', { client_id: 'portal\nadmin' }],
      ['a client_id with NUL', { client_id: 'portal\u0000' }],
      ['a client_id that is no text', { client_id: ['portal'] }],
    ]),
    group('azp stands there in its place', told.azp, [['a giant azp', { azp: 'x'.repeat(257) }]]),
  ]
}

/** Claims that are not an access token's, or not a bearer token's. */
export const badUses = (forge: Forge): BadTokens[] => {
  const group = grouper(forge)
  return [
    group('an access token has no claims of id and logout tokens (RFC 8725 section 3.12)', told.foreign, [
      ['an id token’s nonce', { nonce: 'x' }],
      ['an id token’s at_hash', { at_hash: 'x' }],
      ['an id token’s c_hash', { c_hash: 'x' }],
      ['an id token’s s_hash', { s_hash: 'x' }],
      ['a logout token’s events', { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }],
    ]),
    group('a token bound to a key is of no use without it (RFC 7800, RFC 9449, RFC 8705)', told.bound, [
      ['a thumbprint of a key', { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }],
      [
        'a thumbprint of a certificate',
        { cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } },
      ],
      ['a key id', { cnf: { kid: 'first' } }],
      ['a binding of another kind', { cnf: { other: 'x' } }],
      ['an empty cnf', { cnf: {} }],
      ['cnf null', { cnf: null }],
    ]),
  ]
}

/** Claims of a time that is over, not yet there, or none. */
export const badTimes = (forge: Forge): BadTokens[] => {
  const group = grouper(forge)
  const { now } = forge
  return [
    group('exp is over by one second more than the tolerance', told.expired, [
      ['expired for 31 seconds', { exp: now - 31 }],
      ['expired long ago', { exp: 1 }],
      ['exp zero', { exp: 0 }],
      ['exp before the epoch', { exp: -1 }],
    ]),
    group('exp is there (RFC 9068 section 2.2)', told.noExp, [['no exp', { exp: undefined }]]),
    group('exp is a number (RFC 7519 section 2)', told.exp, [
      ['exp as text', { exp: String(now + 300) }],
      ['exp null', { exp: null }],
      ['exp as a list', { exp: [now + 300] }],
      ['exp true', { exp: true }],
      ['exp as an object', { exp: { valueOf: now + 300 } }],
      ['exp as a date', { exp: '9999-12-31T23:59:59Z' }],
    ]),
    group('a token that lives longer than a day was not made for calling an API', told.lifetime, [
      ['exp in a day and a second', { exp: now + 24 * 3600 + 1 }],
      ['exp in the year 9999', { exp: 253_402_300_799 }],
      ['exp in milliseconds', { exp: (now + 300) * 1000 }],
      ['exp beyond every date', { exp: 1e300 }],
    ]),
    {
      because: 'exp is a number that ends (RFC 8259 section 6)',
      told: told.exp,
      tokens: [
        [
          'exp 1e400',
          signTexts(
            JSON.stringify({ alg: 'ES256', kid: 'first', typ: 'at+jwt' }),
            JSON.stringify({ ...forge.claims, exp: 0 }).replace('"exp":0', '"exp":1e400'),
            forge.first,
          ),
        ],
      ],
    },
    group('nbf is over, or within the tolerance (RFC 7519 section 4.1.5)', told.early, [
      ['not valid for 31 seconds more', { nbf: now + 31 }],
      ['not valid before the year 9999', { nbf: 253_402_300_799 }],
      ['nbf beyond every date', { nbf: 1e300 }],
      ['nbf as text', { nbf: 'tomorrow' }],
      ['nbf null', { nbf: null }],
    ]),
    group('iat is over, or within the tolerance (RFC 7519 section 4.1.6)', told.past, [
      ['issued in 31 seconds', { iat: now + 31 }],
      ['issued in the year 9999', { iat: 253_402_300_799 }],
      ['iat as text', { iat: 'now' }],
      ['iat null', { iat: null }],
    ]),
  ]
}
