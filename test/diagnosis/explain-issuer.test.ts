import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IssuerUnavailable } from '../../src/authentication/issuer-keys.ts'
import { explainIssuer } from '../../src/diagnosis/explain-issuer.ts'

const configured = { issuer: 'https://sso.test', jwksUrl: undefined }
const jwksUrl = 'https://sso.test/jwks'

const explain = (options: ConstructorParameters<typeof IssuerUnavailable>[1], others = {}) => {
  const error = new IssuerUnavailable('The issuer does not answer.', options)
  return explainIssuer(error, { ...configured, ...others }) ?? assert.fail()
}

const withCode = (code: string) => ({
  kind: 'unreachable' as const,
  cause: Object.assign(new Error(), { code }),
})

test('whoever named an alias of the issuer is told the name that its tokens have', () => {
  const { reason, fix } = explain({ publishedIssuer: 'https://login.test' })
  assert.equal(reason, 'The issuer does not answer.')
  assert.match(fix, /set JWT_ISSUER=https:\/\/login\.test;/)
})

test('a certificate that is not trusted is told from an address that cannot be reached, each with its code', () => {
  const [certificate, address] = ['CERT_HAS_EXPIRED', 'ECONNREFUSED'].map(code => explain(withCode(code)))
  assert.match(certificate?.reason ?? '', / \(CERT_HAS_EXPIRED\)$/)
  assert.match(certificate?.fix ?? '', /PINGFEDERATE_CA_FILE/)
  assert.match(address?.reason ?? '', / \(ECONNREFUSED\)$/)
  assert.match(address?.fix ?? '', /JWT_ISSUER \(https:\/\/sso\.test\) can be reached/)
})

test('the address of the key set is to be looked at where it is configured, and only there', () => {
  for (const options of [{}, withCode('ECONNREFUSED')]) {
    assert.doesNotMatch(explain(options).fix, /JWT_JWKS_URL \(/)
    assert.match(explain(options, { jwksUrl }).fix, /JWT_JWKS_URL \(https:\/\/sso\.test\/jwks\)/)
  }
})

test('an issuer that answers has nothing to be explained, though none of its keys fits', () => {
  assert.equal(explainIssuer(new Error('No key fits.'), configured), undefined)
})
