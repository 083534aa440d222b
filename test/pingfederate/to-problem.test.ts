import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FailureKind, PingFederateFailure } from '../../src/pingfederate/failure.ts'
import { toProblem } from '../../src/pingfederate/to-problem.ts'

const cases: [FailureKind, number, string, string | undefined][] = [
  ['unreachable', 503, 'pingfederate_unreachable', '5'],
  ['tls', 502, 'pingfederate_tls', undefined],
  ['credentials', 502, 'pingfederate_credentials_refused', undefined],
  ['busy', 503, 'pingfederate_busy', '10'],
  ['invalid', 422, 'refused_by_pingfederate', undefined],
  ['server-error', 502, 'pingfederate_error', '10'],
  ['timeout', 504, 'pingfederate_timeout', '10'],
  ['broken', 502, 'pingfederate_error', '5'],
  ['unexpected', 502, 'pingfederate_invalid_response', '30'],
]
for (const [kind, status, code, retryAfter] of cases) {
  test(`${status} ${code} for \`${kind}\`, and the operator is told the cause`, () => {
    const failure = new PingFederateFailure(kind, { status: 500 })
    const problem = toProblem(failure)
    assert.deepEqual([problem.status, problem.code], [status, code])
    assert.equal(problem.headers['retry-after'], retryAfter)
    assert.equal(problem.cause, failure)
  })
}

test('PingFederate’s own Retry-After goes before ours', () => {
  const problem = toProblem(new PingFederateFailure('busy', { status: 429, retryAfterSeconds: 42 }))
  assert.equal(problem.headers['retry-after'], '42')
})

test('422 with PingFederate’s words under the caller’s own fields, all at once', () => {
  const fieldErrors = [
    { fieldPath: 'redirectUris[1]', message: 'Bad URI.' },
    { fieldPath: 'clientAuth.secret', message: 'Too weak.' },
    { fieldPath: undefined, message: 'No.' },
  ]
  const { violations = [] } = toProblem(new PingFederateFailure('invalid', { status: 422, fieldErrors }))
  assert.deepEqual(
    violations.map(({ pointer, detail }) => [pointer, detail]),
    [
      ['/pingAccessUrls', 'PingFederate says: Bad URI.'],
      ['', 'PingFederate says: Too weak.'],
      ['', 'PingFederate says: No.'],
    ],
  )
})
