import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PingFederateFailure } from '../../src/pingfederate/failure.ts'
import { parseAnswer } from '../../src/pingfederate/parse-answer.ts'

type Received = Partial<Parameters<typeof parseAnswer>[0]>

/** The failure that an answer to a call that changes something is. */
const failureOf = (received: Received): PingFederateFailure => {
  try {
    parseAnswer({
      ...{ status: 400, headers: {}, text: '', now: 0, secrets: () => [], isRead: false },
      ...received,
    })
  } catch (error) {
    if (error instanceof PingFederateFailure) return error
    throw error
  }
  return assert.fail('no failure')
}

const own = (resultId: string, message = 'No.'): string => JSON.stringify({ resultId, message })

test('67: what is not recognisably PingFederate’s word says nothing, whatever its status, and leaves a write open', () => {
  for (const status of [400, 401, 403, 405, 422])
    for (const text of [
      '<html>',
      'Bad Request',
      '{}',
      '[]',
      'null',
      '{"message":"Blocked."}',
      '{"resultId":7}',
    ]) {
      const { kind, isAmbiguous, fieldErrors, reason } = failureOf({ status, text })
      assert.deepEqual([kind, isAmbiguous, fieldErrors, reason], ['unexpected', true, [], undefined], text)
    }
})

test('67: a page is no success either, be its status one; JSON, or nothing at all, is left to the call', () => {
  for (const status of [200, 201, 204])
    for (const text of ['<html>', 'OK', '{"clientId":']) {
      const { kind, isAmbiguous, speaker } = failureOf({ status, text })
      assert.deepEqual([kind, isAmbiguous, speaker], ['unexpected', true, 'another'], text)
    }
  const answer = { headers: {}, now: 0, secrets: () => [], isRead: false }
  assert.deepEqual(parseAnswer({ ...answer, status: 200, text: '{}' }), { status: 200, body: {} })
  assert.deepEqual(parseAnswer({ ...answer, status: 204, text: '' }), { status: 204, body: undefined })
})

test('PingFederate’s own words have their meaning, and so has a refusal without a word', () => {
  for (const [status, text, kind] of [
    [400, own('validation_error'), 'invalid'],
    [400, '', 'invalid'],
    [422, own('validation_error'), 'invalid'],
    [401, own('invalid_credentials'), 'credentials'],
    [401, '', 'credentials'],
    [403, own('insufficient_privileges'), 'forbidden'],
    [403, '', 'unexpected'],
    [409, own('conflict'), 'unexpected'],
  ] as const)
    assert.equal(failureOf({ status, text }).kind, kind, `${status} ${text}`)
})

test('a refusal of a call that only reads is none of what was asked for', () => {
  for (const status of [400, 422]) {
    const { kind, fieldErrors } = failureOf({ status, text: own('validation_error'), isRead: true })
    assert.deepEqual([kind, fieldErrors], ['unexpected', []])
  }
})

test('69: the reason stands in the failure’s own text, for the log, without what was sent in confidence', () => {
  const secret = 'short-secret'
  const text = own(
    'license_agreement_not_accepted',
    `Not with ${secret}, for payments-web-shop-production-eu-1.`,
  )
  const { message, reason } = failureOf({ status: 403, text, secrets: () => [secret] })
  const expected = 'license_agreement_not_accepted: Not with [masked], for payments-web-shop-production-eu-1.'
  assert.deepEqual([reason, message], [expected, `PingFederate: forbidden (403, ${expected})`])
})

test('the words of a validation error stay, but for what was sent in confidence', () => {
  const validationErrors = [
    {
      errorId: 'unknown_manager',
      message: 'payments.web.shop.production.of.the.north knows no s3cret.',
      fieldPath: 'defaultAccessTokenManagerRef.id',
    },
  ]
  const text = JSON.stringify({ resultId: 'validation_error', validationErrors })
  assert.deepEqual(failureOf({ status: 422, text, secrets: () => ['s3cret'] }).fieldErrors, [
    {
      errorId: 'unknown_manager',
      message: 'payments.web.shop.production.of.the.north knows no [masked].',
      fieldPath: 'defaultAccessTokenManagerRef.id',
    },
  ])
})
