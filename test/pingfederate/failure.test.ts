import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toConnectionFailure, toFailure } from '../../src/pingfederate/failure.ts'

const errorWith = (code: string): Error & { code: string } =>
  Object.assign(new Error('from a test'), { code })

test('on a connection that stands only a refused client certificate shows that the request was not read', () => {
  for (const code of [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
    'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
    'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
    'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN',
  ]) {
    const { kind, isAmbiguous } = toFailure(errorWith(code))
    assert.deepEqual([kind, isAmbiguous], ['tls', false], code)
  }
})

test('any other error of TLS leaves open what was done, unless it comes before there is a connection', () => {
  for (const code of [
    'EPROTO',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
    'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
    'ERR_SSL_SSL/TLS_ALERT_UNEXPECTED_MESSAGE',
    'ERR_TLS_RENEGOTIATION_DISABLED',
  ]) {
    const { kind, isAmbiguous } = toFailure(errorWith(code))
    assert.deepEqual([kind, isAmbiguous], ['broken', true], code)
    assert.equal(toConnectionFailure(errorWith(code)).kind, 'tls')
  }
})
