import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenRefused, toPrincipal } from '../../src/authentication/access-token.ts'

const now = 1_795_453_200
const rules = {
  algorithms: ['ES256'],
  types: ['JWT'],
  subjectClaims: ['sub'],
  scopeClaims: ['scope', 'scp'],
  teamsClaim: 'groups',
  issuer: 'https://sso.test',
  audience: 'https://clients.test',
}
const good = { iss: rules.issuer, aud: rules.audience, sub: 'caller', exp: now + 60 }
const principal = (claims: Record<string, unknown>) => toPrincipal({ ...good, ...claims }, rules, now)

const scopes: [string, Record<string, unknown>, string[]][] = [
  ['text', { scope: 'a b' }, ['a', 'b']],
  ['text with many blanks', { scope: ' a  b ' }, ['a', 'b']],
  ['a list', { scope: ['a', 'b'] }, ['a', 'b']],
  ['a list of texts', { scope: ['a b', 'c'] }, ['a', 'b', 'c']],
  ['scp as text', { scp: 'a b' }, ['a', 'b']],
  ['scp as a list', { scp: ['a', 'b'] }, ['a', 'b']],
  ['both', { scope: 'a', scp: ['b'] }, ['a', 'b']],
  ['neither', {}, []],
  ['what is no text', { scope: [1, null, { a: 1 }], scp: true }, []],
]

test('scopes are read from scope and scp, as text or list', async t => {
  for (const [what, claims, expected] of scopes) {
    await t.test(what, () => assert.deepEqual([...principal(claims).scopes], expected))
  }
})

const teams: [string, unknown, string[]][] = [
  ['text', 'payments', ['payments']],
  ['a list', ['payments', 'shop'], ['payments', 'shop']],
  ['a list with repetitions', ['a', 'a'], ['a']],
  ['a text with a blank is one team', 'pay ments', ['pay ments']],
  ['nothing', undefined, []],
  ['null', null, []],
  ['what is no text', [1, null, '', ['nested'], { a: 1 }], []],
  ['an object', { payments: true }, []],
  ['a giant', 'x'.repeat(257), []],
  ['what cannot be shown or stored', ['a\nb', 'a\u0000', 'a\uD800', 'a\u202E', ' a', 'a '], []],
]

test('teams are read from the configured claim, as text or list, and nothing else counts', async t => {
  for (const [what, groups, expected] of teams) {
    await t.test(what, () => assert.deepEqual(principal({ groups, teams: ['admin'] }).teams, expected))
  }
})

test('a configured claim named like a member of every object is no team', () => {
  const { teams: found } = toPrincipal(good, { ...rules, teamsClaim: 'constructor' }, now)
  assert.deepEqual(found, [])
})

test('the calling client is client_id, or azp', () => {
  assert.equal(principal({ client_id: 'a', azp: 'b' }).clientId, 'a')
  assert.equal(principal({ azp: 'b' }).clientId, 'b')
  assert.equal(principal({}).clientId, undefined)
})

const acts: [string, unknown, string[]][] = [
  ['nobody', undefined, []],
  ['one', { sub: 'portal' }, ['portal']],
  ['a client without sub', { client_id: 'portal' }, ['portal']],
  ['a chain, the current one first', { sub: 'gateway', act: { sub: 'portal' } }, ['gateway', 'portal']],
]

test('who acts on behalf of the subject is read from act (RFC 8693 section 4.1)', async t => {
  for (const [what, act, expected] of acts) {
    await t.test(what, () => assert.deepEqual(principal({ act }).actingParties, expected))
  }
})

const chain = (length: number): unknown =>
  length === 0 ? undefined : { sub: `party ${length}`, act: chain(length - 1) }

const unusableActs: [string, unknown][] = [
  ['null', null],
  ['text', 'portal'],
  ['a list', ['portal']],
  ['an empty object', {}],
  ['a sub that is no text', { sub: 1 }],
  ['an empty sub', { sub: '' }],
  ['a giant sub', { sub: 'x'.repeat(257) }],
  ['a chain with a gap', { sub: 'gateway', act: {} }],
  ['a chain without end', chain(9)],
]

test('a token whose act names nobody is refused, so that nobody acts unnamed', async t => {
  assert.equal(principal({ act: chain(8) }).actingParties.length, 8)
  for (const [what, act] of unusableActs) {
    await t.test(what, () => assert.throws(() => principal({ act }), TokenRefused))
  }
})

test('a configured claim for scopes named like a member of every object grants nothing', () => {
  const { scopes: found } = toPrincipal(good, { ...rules, scopeClaims: ['constructor', '__proto__'] }, now)
  assert.deepEqual([...found], [])
})

const { sub: _sub, ...noSub } = good
const withClientId = { ...rules, subjectClaims: ['sub', 'client_id'] }

test('a token without sub has the subject client_id:… where client_id is a configured subject claim', () => {
  const { subject, clientId } = toPrincipal({ ...noSub, client_id: 'pipeline' }, withClientId, now)
  assert.deepEqual([subject, clientId], ['client_id:pipeline', 'pipeline'])
  assert.equal(toPrincipal({ ...good, client_id: 'pipeline' }, withClientId, now).subject, 'caller')
})

test('a subject of another claim is never that of a sub with the same text, nor the other way round', () => {
  const ofClient = toPrincipal({ ...noSub, client_id: 'ana' }, withClientId, now)
  const ofPerson = toPrincipal({ ...good, sub: 'ana' }, withClientId, now)
  assert.notEqual(ofClient.subject, ofPerson.subject)
  assert.throws(
    () => toPrincipal({ ...good, sub: 'client_id:ana' }, withClientId, now),
    /looks like a subject that another claim names/,
  )
  assert.equal(principal({ sub: 'client_id:ana' }).subject, 'client_id:ana')
})

test('a sub that is no usable name is refused, whatever other subject claims the token has', () => {
  for (const sub of [null, '', 7, ['ana']]) {
    const claims = { ...good, sub, client_id: 'pipeline' }
    assert.throws(() => toPrincipal(claims, withClientId, now), /The sub claim is not a usable subject/)
  }
})

test('a token that has none of the subject claims is refused with their names', () => {
  assert.throws(() => toPrincipal(noSub, withClientId, now), /The token lacks the claim sub or client_id\./)
})
