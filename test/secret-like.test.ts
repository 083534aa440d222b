import assert from 'node:assert/strict'
import { test } from 'node:test'
import { couldBeSecret, looksSecret, maskTokens, maskTokensButFields } from '../src/secret-like.ts'

const run24 = 'abcdefghijklmnopqrstuvwx'

/** A text, and whether it has the mark of a secret, whether it could be one as a name, and what is left of it. */
const texts: [text: string, looks: boolean, could: boolean, masked: string, maskedButFields?: string][] = [
  ['', false, false, ''],
  ['shop', false, false, 'shop'],
  ['payments-web-shop-production', false, false, '[masked]'],
  ['payments.web.shop.production', false, false, 'payments.web.shop.production'],
  ['wscrt_short', true, true, 'wscrt_short'],
  ['sent wscrt_AAAAAAAAAAAAAAAAAAAAAAAA!', true, true, 'sent [masked]!'],
  ['eyJhbGciOiJ', true, true, 'eyJhbGciOiJ'],
  ['eyJhbGciOi', false, false, 'eyJhbGciOi'],
  ['-----BEGIN PRIVATE KEY-----', true, true, '-----BEGIN PRIVATE KEY-----'],
  [run24, false, true, '[masked]', run24],
  [run24.slice(1), false, false, run24.slice(1)],
  ['Ab3-Ab3-Ab3-Ab3-Ab3-Ab3-', false, true, '[masked]'],
  ['Ab3.Ab3.Ab3.Ab3.Ab3.Ab3.', false, true, 'Ab3.Ab3.Ab3.Ab3.Ab3.Ab3.'],
  ['key vqGtRTM1fYXZESfTwvB6YY/2vTBenPiuK8u/hJesj/x==', false, true, 'key [masked]'],
  ['https://host:3000/shop/area/pa/oidc/cb/24', false, false, 'https://host:3000/shop/area/pa/oidc/cb/24'],
  ['requireProofKeyForCodeExchange', false, true, '[masked]', 'requireProofKeyForCodeExchange'],
  ['requireProofKeyForCodeExchange2', false, true, '[masked]'],
  ['aBcDeFgHiJkLmNoPqRsTuVwXyZ', false, true, '[masked]'],
  [`${run24}=: bad, ~+~+~+~+~+~+~+~+~+~+~+~+`, false, true, '[masked]: bad, [masked]'],
]

test('what looks like a secret is recognised and masked, and names of fields are kept where they are meant', async t => {
  for (const [text, looks, could, masked, maskedButFields = masked] of texts) {
    await t.test(JSON.stringify(text), () => {
      assert.equal(looksSecret(text), looks)
      assert.equal(couldBeSecret(text), could)
      assert.equal(maskTokens(text), masked)
      assert.equal(maskTokensButFields(text), maskedButFields)
    })
  }
})
