import fc from 'fast-check'
import type { Answer } from '../service.ts'

/** A request is a good one with any number of its fields replaced, so that good and bad ones are about as many. */
export const field = <T>(good: readonly T[], bad: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 30, arbitrary: fc.constantFrom<unknown>(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  )

/** Lists of PingAccess URLs. */
export const urls = field(
  [
    ['https://mypingaccessserver:3000'],
    ['https://pay.example.com', 'https://pay.example.com:8443/shop'],
    ['https://PAY.example.com:443/'],
    ['https://xn--bcher-kva.example'],
  ],
  [
    [],
    ['http://pay.example.com'],
    ['https://*.example.com'],
    ['https://a.example.com', 'https://A.example.com/'],
    ['https://user@pay.example.com/#x', 'nowhere'],
    'https://pay.example.com',
    [7],
    null,
  ],
)

type Violation = Record<string, unknown>

/** PingFederate's own words cannot be foreseen; where they point to can. */
const comparable = (violation: Violation): Violation => {
  const { detail, fix, value, ...place } = violation
  return violation['rule'] === 'pingfederate' ? place : violation
}

/** How a request was refused, apart from words that cannot be foreseen. */
export const refusalOf = ({ status, body: { code, violations = [] } }: Answer) => ({
  status,
  code,
  violations: violations.map((each: Violation) => JSON.stringify(comparable(each))).sort(),
})
