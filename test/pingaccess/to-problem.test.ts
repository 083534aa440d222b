import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PingAccessFailure } from '../../src/pingaccess/failure.ts'
import { toPingAccessProblem } from '../../src/pingaccess/to-problem.ts'
import { type FailureKind, PingFederateFailure } from '../../src/pingfederate/failure.ts'

const toFailure = (...[kind, options]: ConstructorParameters<typeof PingFederateFailure>) =>
  new PingAccessFailure(new PingFederateFailure(kind, options))

const cases: [FailureKind, number, string, string | undefined][] = [
  ['unreachable', 503, 'pingaccess_unreachable', '5'],
  ['tls', 502, 'pingaccess_tls', undefined],
  ['credentials', 502, 'pingaccess_credentials_refused', undefined],
  ['forbidden', 502, 'pingaccess_forbidden', undefined],
  ['busy', 503, 'pingaccess_busy', '10'],
  ['invalid', 422, 'refused_by_pingaccess', undefined],
  ['server-error', 502, 'pingaccess_error', '10'],
  ['timeout', 504, 'pingaccess_timeout', '10'],
  ['broken', 502, 'pingaccess_error', '5'],
  ['unexpected', 502, 'pingaccess_invalid_response', '30'],
]
for (const [kind, status, code, retryAfter] of cases) {
  test(`${status} ${code} for \`${kind}\`, and the operator is told the cause`, () => {
    const failure = toFailure(kind, { status: 500 })
    const problem = toPingAccessProblem(failure)
    assert.deepEqual([problem.status, problem.code], [status, code])
    assert.equal(problem.headers['retry-after'], retryAfter)
    assert.equal(problem.cause, failure)
  })
}

test('422 with PingAccess’s words under the caller’s own fields, all at once', () => {
  const fieldErrors = [
    { fieldPath: 'audience', message: 'Too long.' },
    { fieldPath: 'cookieType', message: 'Unknown.' },
    { fieldPath: undefined, message: 'Save Failed.' },
  ]
  const { violations = [] } = toPingAccessProblem(
    toFailure('invalid', { status: 422, fieldErrors }),
    field => (field === 'audience' ? '/webSession/audience' : undefined),
  )
  assert.deepEqual(
    violations.map(({ pointer, detail }) => [pointer, detail]),
    [
      ['/webSession/audience', 'PingAccess says of audience: Too long.'],
      ['', 'PingAccess says of cookieType: Unknown.'],
      ['', 'PingAccess says: Save Failed.'],
    ],
  )
})
