import { type BadTokens, encode, type Forge, randomText, signClaims, told } from './forge.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes by another last character: 64 bytes leave four bits of it over. */
const respell = (text: string): string =>
  text.slice(0, -1) + alphabet[alphabet.indexOf(text.at(-1) ?? '') ^ 1]

/** Good tokens in a form that is not a signed token's, or not the only one. */
export const badTexts = (forge: Forge): BadTokens[] => {
  const [header = '', payload = '', signature = ''] = forge.good.split('.')
  return [
    {
      because: 'one token has one text (RFC 4648 section 3.5, RFC 7515 section 2)',
      told: told.malformed,
      tokens: [
        ['the same signature in another spelling', respell(forge.good)],
        ['a padded signature', `${forge.good}==`],
        ['a padded header', `${header}=.${payload}.${signature}`],
        ['the other base64 alphabet', `${header}.${payload}.${signature.slice(0, -2)}+/`],
        ['a blank inside', `${header}. ${payload}.${signature}`],
        ['a tab inside', `${header}.\t${payload}.${signature}`],
        ['a blank at a part’s end', `${header} .${payload}.${signature}`],
        ['letters outside ASCII', `${header}.${payload}.${signature.slice(0, -1)}\u00E9`],
        ['percent-encoding', `${header}%2E${payload}%2E${signature}`],
        ['quotes', `"${forge.good}"`],
      ],
    },
    {
      because: 'a header field holds one token (RFC 6750 section 2.1)',
      told: told.malformed,
      tokens: [
        ['two tokens', `${forge.good} ${forge.good}`],
        ['two tokens with a comma', `${forge.good},${forge.good}`],
        ['two tokens with their schemes', `${forge.good}, Bearer ${forge.good}`],
      ],
    },
    {
      because: 'no real token is longer than 8192 characters',
      told: told.malformed,
      tokens: [
        ['a giant claim', signClaims({ ...forge.claims, padding: 'x'.repeat(7_000) }, forge.first)],
        ['a giant header', signClaims(forge.claims, forge.first, { padding: 'x'.repeat(7_000) })],
        ['a giant that proves nothing', 'x'.repeat(12_000)],
      ],
    },
    {
      because: 'a signed token has three parts (RFC 7515 section 3.1)',
      told: told.invalid,
      tokens: [
        ['one word', 'word'],
        ['two parts', `${header}.${payload}`],
        ['nothing but dots', '..'],
        ['an empty header', `.${payload}.${signature}`],
      ],
    },
    {
      because: 'an encrypted token is not for this service (RFC 7516 section 3.1)',
      told: told.invalid,
      tokens: [
        ['four parts', `${forge.good}.${signature}`],
        ['five parts', `${forge.good}.${signature}.${signature}`],
        ['a JWE', [encode({ alg: 'dir', enc: 'A256GCM' }), '', ...[12, 80, 16].map(randomText)].join('.')],
      ],
    },
  ]
}
