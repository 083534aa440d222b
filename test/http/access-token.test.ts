import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toPrincipal } from '../../src/http/access-token.ts'

const now = 1_795_453_200
const rules = { algorithms: ['ES256'], types: ['JWT'], teamsClaim: 'groups' }
const principal = (claims: Record<string, unknown>) =>
  toPrincipal({ sub: 'caller', exp: now + 60, ...claims }, rules, now)

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
  const { teams: found } = toPrincipal({ sub: 'x', exp: now }, { ...rules, teamsClaim: 'constructor' }, now)
  assert.deepEqual(found, [])
})

test('the calling client is client_id, or azp', () => {
  assert.equal(principal({ client_id: 'a', azp: 'b' }).clientId, 'a')
  assert.equal(principal({ azp: 'b' }).clientId, 'b')
  assert.equal(principal({}).clientId, undefined)
})
