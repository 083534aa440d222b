import type { FailureKind } from '../../src/pingfederate/failure.ts'
import type { OddAnswer } from '../../src/sandbox/pingfederate/faults.ts'

/** What an answer is taken for. */
type Meaning = {
  /** The failure of the adapter's call. */
  kind: FailureKind
  /** Whether a write may have been done all the same. */
  isAmbiguous: boolean
  /** What the caller of a create is told when the answer stays and a look shows that there is no client. */
  told: { status: number; code: string; retryAfter: string | null }
}

export type Odd = Meaning & {
  answer: OddAnswer
  /** The row of docs/faults.md that it belongs to. */
  row?: number
}

const told = (status: number, code: string, retryAfter: string | null): Meaning['told'] => ({
  status,
  code,
  retryAfter,
})

const serverError: Meaning = {
  kind: 'server-error',
  isAmbiguous: true,
  told: told(502, 'pingfederate_error', '10'),
}
const timeout: Meaning = { kind: 'timeout', isAmbiguous: true, told: told(504, 'outcome_unknown', '1') }
const broken: Meaning = { kind: 'broken', isAmbiguous: true, told: told(502, 'pingfederate_error', '5') }
const unexpected: Meaning = {
  kind: 'unexpected',
  isAmbiguous: true,
  told: told(502, 'pingfederate_invalid_response', '30'),
}
const credentials: Meaning = {
  kind: 'credentials',
  isAmbiguous: false,
  told: told(502, 'pingfederate_credentials_refused', null),
}
const forbidden: Meaning = {
  kind: 'forbidden',
  isAmbiguous: false,
  told: told(502, 'pingfederate_forbidden', null),
}
const busy: Meaning = { kind: 'busy', isAmbiguous: false, told: told(503, 'pingfederate_busy', '10') }
const invalid: Meaning = {
  kind: 'invalid',
  isAmbiguous: false,
  told: told(422, 'refused_by_pingfederate', null),
}

const status = (code: number, body?: unknown): OddAnswer => ({ kind: 'status', status: code, body })

const page = '<html><title>404 Not Found</title></html>'

/** Bodies of a refusal that names no field: in PingFederate's own words, or in none. */
const refusals: Record<string, unknown> = {
  nothing: undefined,
  'violations of the wrong types': {
    resultId: 'validation_error',
    validationErrors: [null, 1, 'x', { message: 1 }, { fieldPath: 'x' }],
  },
  'a giant list': {
    resultId: 'validation_error',
    validationErrors: Array.from({ length: 500 }, () => ({ message: 'x'.repeat(999) })),
  },
}

/** Bodies that are never PingFederate's, whatever the status. */
const strangers: Record<string, unknown> = {
  'a page': page,
  'no JSON': 'Bad Request',
  null: 'null',
  'a list': [],
  'JSON of a proxy': { message: 'Blocked.', validationErrors: [{ message: 'Blocked.' }] },
}

/** What PingFederate, or a proxy before it, may answer to any call without having been asked for it. */
export const oddAnswers: Record<string, Odd> = {
  'a server error': { answer: status(500), row: 16, ...serverError },
  'a gateway error with a page': { answer: status(502, '<html>'), row: 16, ...serverError },
  'a service that is not available': { answer: status(503), row: 16, ...serverError },
  'a gateway’s time-out': { answer: status(504), ...timeout },
  'a dropped connection': { answer: { kind: 'drop' }, row: 14, ...broken },
  'more than any client can be': { answer: { kind: 'huge', bytes: 4_000_000 }, row: 25, ...broken },
  'cut JSON': { answer: { kind: 'malformed-json' }, row: 23, ...unexpected },
  'nothing at all': { answer: { kind: 'empty' }, row: 23, ...unexpected },
  'a sign-on page': { answer: { kind: 'html' }, row: 23, ...unexpected },
  'a success without a body': { answer: status(204), row: 23, ...unexpected },
  '404 with nothing': { answer: status(404), row: 23, ...unexpected },
  '404 with a page': { answer: status(404, page), row: 23, ...unexpected },
  '404 with an empty object': { answer: status(404, {}), row: 23, ...unexpected },
  '404 with null': { answer: status(404, 'null'), row: 23, ...unexpected },
  '404 with what is nearly the API’s': {
    answer: status(404, { resultId: 404, message: 'Not found' }),
    row: 23,
    ...unexpected,
  },
  'another client': { answer: { kind: 'other-client', clientId: 'other' }, row: 24, ...unexpected },
  'another client’s id alone': { answer: status(201, { clientId: 'other' }), row: 24, ...unexpected },
  'a client without an id': { answer: status(201, {}), row: 24, ...unexpected },
  'a redirect': {
    answer: { kind: 'redirect', location: 'https://elsewhere.example.com/' },
    row: 22,
    ...unexpected,
  },
  'a method that is not allowed': { answer: status(405), ...unexpected },
  'a conflict': { answer: status(409), ...unexpected },
  'a status the API does not have': { answer: status(418), ...unexpected },
  'credentials that it does not know': {
    answer: status(401, { resultId: 'invalid_credentials', message: 'Unknown.' }),
    row: 21,
    ...credentials,
  },
  'credentials that it does not know, without a word': { answer: status(401), row: 21, ...credentials },
  'an account that may not': {
    answer: status(403, { resultId: 'insufficient_privileges', message: 'You may not.' }),
    row: 69,
    ...forbidden,
  },
  'a licence that nobody has accepted': {
    answer: status(403, { resultId: 'license_agreement_not_accepted', message: 'Accept it.' }),
    row: 69,
    ...forbidden,
  },
  '403 without a word': { answer: status(403), row: 67, ...unexpected },
  'too many requests': { answer: status(429), row: 17, ...busy },
  ...Object.fromEntries(
    [400, 422].flatMap(code =>
      Object.entries(refusals).map(([what, body]) => [
        `${code} with ${what}`,
        { answer: status(code, body), row: 18, ...invalid },
      ]),
    ),
  ),
  ...Object.fromEntries(
    [400, 401, 403, 422].flatMap(code =>
      Object.entries(strangers).map(([what, body]) => [
        `${code} with ${what}`,
        { answer: status(code, body), row: 67, ...unexpected },
      ]),
    ),
  ),
}

/** What it is for a call that only reads: there is nothing to refuse in it. */
export const kindOfRead = ({ kind }: Odd): FailureKind => (kind === 'invalid' ? 'unexpected' : kind)

/** Those that a test's promise is about. */
export const filterOddAnswers = (isMeant: (odd: Odd) => boolean): [string, Odd][] =>
  Object.entries(oddAnswers).filter(([, odd]) => isMeant(odd))

/** The status that an answer has instead of the usual one. */
export const statusOf = (answer: OddAnswer): number | undefined => {
  if (answer.kind === 'redirect') return 302
  return answer.kind === 'status' ? answer.status : undefined
}

/** Whether it is odd for a client only, and anything else could be read from it all the same. */
export const isOddForClientsOnly = ({ answer }: Odd): boolean => answer.kind === 'other-client'
