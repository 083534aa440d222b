import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findAddressProblems } from '../../src/diagnosis/address-problems.ts'

/** Addresses as people copy them, and as they should be. */
const copied: [string, string, string][] = [
  ['PINGFEDERATE_ADMIN_URL', '/pf-admin-api/v1', 'https://pf.test:9999'],
  ['PINGFEDERATE_ADMIN_URL', '/pf-admin-api/v1/', 'https://pf.test:9999'],
  ['PINGFEDERATE_ADMIN_URL', '/pf-admin-api', 'https://pf.test:9999/proxied'],
  ['PINGFEDERATE_ADMIN_URL', '/pf-admin-api/v1/api-docs', 'https://pf.test:9999'],
  ['PINGFEDERATE_ADMIN_URL', '/pingfederate/app', 'https://pf.test:9999'],
  ['PINGACCESS_ADMIN_URL', '/pa-admin-api/v3', 'https://pa.test:9000'],
  ['JWT_ISSUER', '/.well-known/openid-configuration', 'https://sso.test/realms/a'],
]

test('an address with what the service adds by itself is told with the address as it should be, and that one is not', () => {
  for (const [name, end, right] of copied) {
    assert.deepEqual(
      findAddressProblems({ [name]: right + end }).map(each => 'fix' in each && each.fix),
      [`${name}=${right}`],
    )
    assert.deepEqual(findAddressProblems({ [name]: right }), [])
  }
})

test('what is no address, and an end that is another setting’s, is nobody’s slip', () => {
  for (const values of [
    {},
    { PINGFEDERATE_ADMIN_URL: 'pf.test/pf-admin-api/v1' },
    { PINGFEDERATE_ADMIN_URL: 'https://pf.test/.well-known/openid-configuration' },
    { JWT_ISSUER: 'https://pf.test/pf-admin-api/v1' },
  ])
    assert.deepEqual(findAddressProblems(values), [])
})
