import { type BadTokens, type Forge, signTexts, told } from './forge.ts'

const header = JSON.stringify({ alg: 'ES256', kid: 'first', typ: 'at+jwt' })

/** Signed by the issuer's own key over a payload that is no object, or that two parsers read as two things. */
export const badPayloads = (forge: Forge): BadTokens[] => {
  const claims = JSON.stringify(forge.claims)
  const add = (members: string): string => `${claims.slice(0, -1)},${members}}`
  const sign = ([what, payload]: [string, string | Buffer]): [string, string] => [
    what,
    signTexts(header, payload, forge.first),
  ]
  const ambiguous: [string, string][] = [
    ['sub twice', add('"sub":"admin"')],
    ['sub twice, once escaped', add('"s\\u0075b":"admin"')],
    ['groups twice', add('"groups":["shop"]')],
    ['scope twice with the same value', add('"scope":"web-session-clients:read"')],
    ['exp twice', add(`"exp":${forge.now + 600}`)],
    ['a name twice deep inside', add('"act":{"sub":"a","sub":"b"}')],
    ['a prototype of its own', add('"__proto__":{"groups":["shop"]}')],
    ['a prototype deep inside', add('"act":{"__proto__":{"sub":"admin"}}')],
    ['a prototype by escapes', add('"__pr\\u006fto__":{"groups":["shop"]}')],
    ['a constructor of its own', add('"constructor":{"prototype":{"groups":["shop"]}}')],
    ['claims nested deeper than any parser must follow', add(`"a":${'['.repeat(100)}${']'.repeat(100)}`)],
    ['a byte order mark', `\uFEFF${claims}`],
  ]
  const broken: [string, string | Buffer][] = [
    ['claims that are a list', '[]'],
    ['claims in a list', `[${claims}]`],
    ['claims that are null', 'null'],
    ['claims that are a text', '"text"'],
    ['claims that are a number', '1'],
    ['claims that are no JSON', 'text'],
    ['no claims at all', ''],
    ['claims that are cut', claims.slice(0, -1)],
    ['two objects', `${claims}${claims}`],
    ['a comma too many', add('')],
    ['comments', `/**/${claims}`],
    ['exp NaN', claims.replace(/"exp":\d+/, '"exp":NaN')],
    ['exp with a sign', claims.replace(/"exp":/, '"exp":+')],
    ['exp in hexadecimal', claims.replace(/"exp":\d+/, '"exp":0xFFFFFFFF')],
    ['a token in a token', forge.good],
  ]
  return [
    {
      because: 'names are unique and reach into no prototype (RFC 8725 section 2.4, RFC 7519 section 4)',
      told: told.ambiguous,
      tokens: ambiguous.filter(([what]) => what !== 'a byte order mark').map(sign),
    },
    {
      because: 'claims are one JSON object in UTF-8 (RFC 7519 section 7.2)',
      told: told.invalid,
      tokens: [...broken, ...ambiguous.filter(([what]) => what === 'a byte order mark')].map(sign),
    },
    {
      because: 'bytes that are no UTF-8 become the same character (RFC 7519 section 7.2)',
      told: told.ambiguous,
      tokens: [sign(['invalid UTF-8', Buffer.from(add('"x":"\u00FF"'), 'latin1')])],
    },
  ]
}
