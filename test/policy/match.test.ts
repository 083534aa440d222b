import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesContextRoot, matchesHost } from '../../src/policy/match.ts'

for (const [rule, host, isMatch] of [
  ['pay.example.com', 'pay.example.com', true],
  ['pay.example.com', 'a.pay.example.com', false],
  ['pay.example.com', 'example.com', false],
  ['pay.example.com', 'payXexample.com', false],
  ['*.pay.example.com', 'a.pay.example.com', true],
  ['*.pay.example.com', 'a.b.pay.example.com', true],
  ['*.pay.example.com', 'pay.example.com', false],
  ['*.pay.example.com', '.pay.example.com', false],
  ['*.pay.example.com', 'evilpay.example.com', false],
  ['*.pay.example.com', 'a.pay.example.com.attacker.example', false],
  ['*.pay.example.com', 'a.pay.example.co', false],
  ['*.internal', 'a.internal', true],
  ['*.internal', 'internal', false],
  ['mypingaccessserver', 'mypingaccessserver', true],
  ['[::1]', '[::1]', true],
] as const) {
  test(`the host rule ${rule} ${isMatch ? 'allows' : 'does not allow'} ${host}`, () => {
    assert.equal(matchesHost(rule, host), isMatch)
  })
}

for (const [rule, root, isMatch] of [
  ['/', '/', true],
  ['/', '/shop', false],
  ['/shop', '/shop', true],
  ['/shop', '/Shop', false],
  ['/shop', '/shop/cart', false],
  ['/shop/*', '/shop/cart', true],
  ['/shop/*', '/shop/cart/basket', true],
  ['/shop/*', '/shop', false],
  ['/shop/*', '/shopping', false],
  ['/*', '/shop', true],
  ['/*', '/', false],
] as const) {
  test(`the context root rule ${rule} ${isMatch ? 'allows' : 'does not allow'} ${root}`, () => {
    assert.equal(matchesContextRoot(rule, root), isMatch)
  })
}

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,6}[a-z0-9])?$/)
const labels = (minLength: number) => fc.array(label, { minLength, maxLength: 4 })

test('a suffix allows a host exactly when its last labels are the suffix’s and at least one comes before', () => {
  const near = fc.tuple(labels(0), labels(1), fc.boolean()).map(([before, suffix, isGlued]) => {
    const host = isGlued
      ? [...before.slice(0, -1), `${before.at(-1) ?? ''}${suffix[0]}`, ...suffix.slice(1)]
      : [...before, ...suffix]
    return { host, suffix }
  })
  fc.assert(
    fc.property(near, ({ host, suffix }) => {
      const isBelow = host.length > suffix.length && suffix.join('.') === host.slice(-suffix.length).join('.')
      assert.equal(matchesHost(`*.${suffix.join('.')}`, host.join('.')), isBelow)
    }),
  )
})
