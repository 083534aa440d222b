import assert from 'node:assert/strict'
import { test } from 'node:test'
import { couldBeSecret, looksSecret, maskMarked, maskTokens } from '../src/secret-like.ts'

const run24 = 'abcdefghijklmnopqrstuvwx'

/** A text, and whether it has the mark of a secret, whether it could be one as a name, what is left of it, and what is left of it where only marks count. */
const texts: [text: string, looks: boolean, could: boolean, masked: string, maskedMarked?: string][] = [
  ['', false, false, ''],
  ['shop', false, false, 'shop'],
  ['payments-web-shop-production', false, false, '[masked]'],
  ['payments.web.shop.production', false, false, 'payments.web.shop.production'],
  ['license_agreement_not_accepted', false, false, 'license_agreement_not_accepted'],
  ['payments_web_shop_production2', false, false, '[masked]'],
  ['wscrt_short', true, true, 'wscrt_short', '[masked]'],
  ['sent wscrt_AAAAAAAAAAAAAAAAAAAAAAAA!', true, true, 'sent [masked]!', 'sent [masked]!'],
  ['eyJhbGciOiJ', true, true, 'eyJhbGciOiJ', '[masked]'],
  ['eyJhbGciOi', false, false, 'eyJhbGciOi'],
  ['-----BEGIN PRIVATE KEY-----', true, true, '-----BEGIN PRIVATE KEY-----', '[masked]'],
  [
    'a -----BEGIN KEY-----\nx/y\n-----END KEY----- b',
    true,
    true,
    'a -----BEGIN KEY-----\nx/y\n-----END KEY----- b',
    'a [masked] b',
  ],
  [run24, false, true, '[masked]'],
  [run24.slice(1), false, false, run24.slice(1)],
  ['Ab3-Ab3-Ab3-Ab3-Ab3-Ab3-', false, true, '[masked]'],
  ['Ab3.Ab3.Ab3.Ab3.Ab3.Ab3.', false, true, 'Ab3.Ab3.Ab3.Ab3.Ab3.Ab3.'],
  ['key vqGtRTM1fYXZESfTwvB6YY/2vTBenPiuK8u/hJesj/x==', false, true, 'key [masked]'],
  ['https://host:3000/shop/area/pa/oidc/cb/24', false, false, 'https://host:3000/shop/area/pa/oidc/cb/24'],
  ['requireProofKeyForCodeExchange', false, true, '[masked]'],
  ['requireProofKeyForCodeExchange2', false, true, '[masked]'],
  ['aBcDeFgHiJkLmNoPqRsTuVwXyZ', false, true, '[masked]'],
  [`${run24}=: bad, ~+~+~+~+~+~+~+~+~+~+~+~+`, false, true, '[masked]: bad, [masked]'],
]

test('what looks like a secret is recognised and masked; where only what is marked is masked, every other word stays', async t => {
  for (const [text, looks, could, masked, maskedMarked = text] of texts) {
    await t.test(JSON.stringify(text), () => {
      assert.equal(looksSecret(text), looks)
      assert.equal(couldBeSecret(text), could)
      assert.equal(maskTokens(text), masked)
      assert.equal(maskMarked(text), maskedMarked)
    })
  }
})
