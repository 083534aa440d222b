import { type Static, Type } from 'typebox'

/**
 * Every problem the service can answer: its status, its title, and what the reader of docs/errors.md is told.
 * The code is the contract (RFC 9457 lets `title` and `detail` change); a test keeps catalogue and document equal.
 */
export const problems = {
  malformed_json: { status: 400, title: 'The body is not one unambiguous JSON text' },
  malformed_request: { status: 400, title: 'The request cannot be understood' },
  unauthenticated: { status: 401, title: 'An access token is required' },
  invalid_token: { status: 401, title: 'The access token is not accepted' },
  insufficient_scope: { status: 403, title: 'The access token lacks a scope' },
  no_team: { status: 403, title: 'The access token names no team' },
  team_not_yours: { status: 403, title: 'The team is not one of yours' },
  not_allowed_by_policy: { status: 403, title: 'The policy does not allow this' },
  route_not_found: { status: 404, title: 'There is no such resource' },
  client_not_found: { status: 404, title: 'There is no such web session client' },
  retrieval_not_found: { status: 404, title: 'There is no such retrieval' },
  operation_not_found: { status: 404, title: 'There is no such operation' },
  method_not_allowed: { status: 405, title: 'The address does not answer this method' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  client_id_taken: { status: 409, title: 'The client id is taken' },
  client_exists_in_pingfederate: { status: 409, title: 'PingFederate already has this client' },
  client_missing_in_pingfederate: { status: 409, title: 'PingFederate lacks this client' },
  client_enabled: { status: 409, title: 'The client is switched on' },
  client_disabled_recently: { status: 409, title: 'The client was switched off too short a while ago' },
  client_created_recently: { status: 409, title: 'The client was created too short a while ago' },
  client_in_use: { status: 409, title: 'PingFederate uses the client' },
  previous_secret_alive: { status: 409, title: 'A former secret still works' },
  client_drifted: { status: 409, title: 'PingFederate has the client otherwise than it was set' },
  drift_not_acceptable: { status: 409, title: 'What PingFederate has cannot be taken over' },
  runtime_not_configured: { status: 409, title: 'No runtime node of PingFederate is configured' },
  web_session_taken: { status: 409, title: 'The web session uses another client' },
  not_published: { status: 409, title: 'Nobody would publish the new secret' },
  pingaccess_not_configured: { status: 409, title: 'No PingAccess is configured' },
  certificate_not_trusted: { status: 409, title: 'The certificate is not trusted' },
  certificate_changed: { status: 409, title: 'The certificate is another one' },
  token_provider_differs: { status: 409, title: 'PingAccess has another token provider' },
  trusted_certificate_group_unusable: {
    status: 409,
    title: 'The trusted certificate group cannot take the certificate',
  },
  operation_in_progress: { status: 409, title: 'A change to this client is still running' },
  retrieval_redeemed: { status: 410, title: 'The secret has been redeemed' },
  retrieval_expired: { status: 410, title: 'The retrieval token has expired' },
  retrieval_revoked: { status: 410, title: 'The retrieval token was revoked' },
  precondition_failed: { status: 412, title: 'The client has been changed since' },
  body_too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  expectation_failed: { status: 417, title: 'The expectation cannot be met' },
  validation_failed: { status: 422, title: 'The request breaks rules' },
  team_ambiguous: { status: 422, title: 'The owning team is not clear' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key belongs to another request' },
  refused_by_pingfederate: { status: 422, title: 'PingFederate refused the client' },
  refused_by_pingaccess: { status: 422, title: 'PingAccess refused it' },
  precondition_required: { status: 428, title: 'If-Match is required' },
  rate_limited: { status: 429, title: 'Too many requests' },
  header_fields_too_large: { status: 431, title: 'The header fields are too large' },
  internal_error: { status: 500, title: 'The service failed' },
  pingfederate_credentials_refused: {
    status: 502,
    title: 'PingFederate refused the credentials of this service',
  },
  pingfederate_forbidden: { status: 502, title: 'PingFederate does not permit it' },
  pingfederate_tls: { status: 502, title: 'PingFederate could not be trusted' },
  pingfederate_error: { status: 502, title: 'PingFederate failed' },
  pingfederate_invalid_response: { status: 502, title: 'PingFederate answered something unexpected' },
  pingaccess_credentials_refused: {
    status: 502,
    title: 'PingAccess refused the credentials of this service',
  },
  pingaccess_forbidden: { status: 502, title: 'PingAccess does not permit it' },
  pingaccess_tls: { status: 502, title: 'PingAccess could not be trusted' },
  pingaccess_error: { status: 502, title: 'PingAccess failed' },
  pingaccess_invalid_response: { status: 502, title: 'PingAccess answered something unexpected' },
  delivery_failed: { status: 502, title: 'PingAccess has not got the new secret, or may lack it' },
  pingfederate_unreachable: { status: 503, title: 'PingFederate cannot be reached' },
  pingfederate_busy: { status: 503, title: 'PingFederate asks for patience' },
  pingaccess_unreachable: { status: 503, title: 'PingAccess cannot be reached' },
  pingaccess_busy: { status: 503, title: 'PingAccess asks for patience' },
  issuer_unavailable: { status: 503, title: 'Access tokens cannot be checked' },
  database_unavailable: { status: 503, title: 'The database cannot be used' },
  server_key_missing: { status: 503, title: 'The server key of this secret is not configured' },
  not_ready: { status: 503, title: 'The service is not ready' },
  overloaded: { status: 503, title: 'The service has too much to do' },
  shutting_down: { status: 503, title: 'The service is stopping' },
  pingfederate_timeout: { status: 504, title: 'PingFederate did not answer in time' },
  pingaccess_timeout: { status: 504, title: 'PingAccess did not answer in time' },
  outcome_unknown: { status: 504, title: 'It is not known whether the change was made' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems

export const Violation = Type.Object(
  {
    in: Type.Enum(['body', 'query', 'path', 'header'], { description: 'Part of the request.' }),
    pointer: Type.String({
      description: 'JSON Pointer (RFC 6901) to the value in that part.',
      examples: ['/pingAccessUrls/0'],
    }),
    rule: Type.String({ description: 'The rule that is broken; stable.', examples: ['https_only'] }),
    value: Type.Optional(
      Type.Unknown({
        description: 'The offending value, cut to 80 characters; absent where it might be secret.',
      }),
    ),
    detail: Type.String({
      description: 'What is wrong.',
      examples: ['A PingAccess URL begins with https://, in lower case.'],
    }),
    fix: Type.String({
      description: 'What to send instead.',
      examples: ['Send https://mypingaccessserver:3000.'],
    }),
    policyRule: Type.Optional(
      Type.String({
        description:
          'Where the policy file has the rule, or would have to allow it (JSON Pointer); only in `not_allowed_by_policy`.',
        examples: ['/teams/payments/hosts'],
      }),
    ),
    changeableBy: Type.Optional(
      Type.String({
        description: 'Who may change the rule; only in `not_allowed_by_policy`.',
        examples: ['IAM team, iam@example.com'],
      }),
    ),
  },
  { $id: 'Violation', description: 'One broken rule.', additionalProperties: false },
)
export type Violation = Static<typeof Violation>

export const Difference = Type.Object(
  {
    pointer: Type.String({
      description: 'JSON Pointer (RFC 6901) to the field of the client.',
      examples: ['/requirePkce'],
    }),
    expected: Type.Unknown({ description: 'What this service has set.' }),
    actual: Type.Unknown({ description: 'What PingFederate has.' }),
  },
  {
    $id: 'Difference',
    description: 'A field that is not what this service has set.',
    additionalProperties: false,
  },
)
export type Difference = Static<typeof Difference>

export const ProblemDetails = Type.Object(
  {
    type: Type.String({
      description: 'URN of the problem: `urn:problem:web-session-clients:` and the code.',
      examples: ['urn:problem:web-session-clients:validation_failed'],
    }),
    code: Type.Unsafe<ProblemCode>(
      Type.String({
        enum: Object.keys(problems),
        description: 'Stable, machine-readable name of the problem.',
        examples: ['validation_failed'],
      }),
    ),
    title: Type.String({
      description: 'Short summary; the same for every occurrence.',
      examples: ['The request breaks rules'],
    }),
    status: Type.Integer({ description: 'The HTTP status.', minimum: 400, maximum: 599, examples: [422] }),
    detail: Type.String({
      description: 'What happened this time, and what to do about it.',
      examples: ['One rule is broken; nothing was changed.'],
    }),
    instance: Type.String({
      description: 'URN of the request; the log lines of the request carry the same UUID.',
      examples: ['urn:uuid:01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10'],
    }),
    violations: Type.Optional(
      Type.Array(Type.Ref('Violation'), { description: 'Every broken rule at once.' }),
    ),
    differences: Type.Optional(
      Type.Array(Type.Ref('Difference'), {
        description:
          'What PingFederate has otherwise than this service has set it; only in `client_drifted` and `drift_not_acceptable`.',
      }),
    ),
    operation: Type.Optional(
      Type.String({
        description:
          'Where it can be read how the change that was begun stands: an address like that of `Location`.',
        examples: ['/operations/01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e11'],
      }),
    ),
  },
  { $id: 'ProblemDetails', description: 'Problem details (RFC 9457).', additionalProperties: false },
)

/** What the answer to any failure refers to. */
export const problemSchemas = [Violation, Difference, ProblemDetails]

/** What a refusal is about, for the audit trail; never sent. */
export type About = {
  /** The team whose client it is about. */
  team?: string
  clientId?: string
  /** Rules of the team policy behind it. */
  rule?: string | null
  /** How the audit trail has it; default `refused`. */
  outcome?: 'refused' | 'reused' | 'retried'
}

type ProblemOptions = {
  about?: About | undefined
  violations?: Violation[]
  /** Where a client in PingFederate is not what was set. */
  differences?: Difference[]
  /** Id of the operation that was begun. */
  operation?: string
  /** Where a route answers the code with a status of its own. */
  status?: number
  /** Response header fields, such as `Retry-After` or `WWW-Authenticate`. */
  headers?: Record<string, string>
  /** For the operator's log; never sent. */
  cause?: unknown
}

/** An expected failure: thrown anywhere below a handler, answered as `application/problem+json`. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly violations: Violation[] | undefined
  readonly differences: Difference[] | undefined
  readonly operation: string | undefined
  readonly about: About | undefined
  readonly headers: Record<string, string>

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.status = options.status ?? problems[code].status
    this.violations = options.violations
    this.differences = options.differences
    this.operation = options.operation
    this.about = options.about
    this.headers = options.headers ?? {}
  }
}

/** For an outcome that is told and not thrown. @throws what is no problem, as it is */
export const asProblem = (error: unknown): Problem => {
  if (error instanceof Problem) return error
  throw error
}

/** The wire form of a problem (RFC 9457 section 3). */
export const toProblemDetails = (problem: Problem, requestId: string, publicUrl = '') => ({
  type: `urn:problem:web-session-clients:${problem.code}`,
  code: problem.code,
  title: problems[problem.code].title,
  status: problem.status,
  detail: problem.message,
  instance: `urn:uuid:${requestId}`,
  ...(problem.violations && { violations: problem.violations }),
  ...(problem.differences && { differences: problem.differences }),
  ...(problem.operation && { operation: `${publicUrl}/operations/${problem.operation}` }),
})

/** Answered with `Retry-After`. */
const retriedLater: readonly ProblemCode[] = [
  'client_disabled_recently',
  'client_created_recently',
  'operation_in_progress',
  'rate_limited',
  'pingfederate_error',
  'pingfederate_invalid_response',
  'pingfederate_unreachable',
  'pingfederate_busy',
  'pingfederate_timeout',
  'delivery_failed',
  'pingaccess_error',
  'pingaccess_invalid_response',
  'pingaccess_unreachable',
  'pingaccess_busy',
  'pingaccess_timeout',
  'issuer_unavailable',
  'database_unavailable',
  'not_ready',
  'overloaded',
  'shutting_down',
  'outcome_unknown',
]

/** Answered with the challenge of RFC 6750 section 3. */
const challenged: readonly ProblemCode[] = ['unauthenticated', 'invalid_token', 'insufficient_scope']

const retryAfter = {
  'Retry-After': Type.Integer({
    description: 'Seconds after which the same request makes sense again.',
    minimum: 0,
    examples: [5],
  }),
}

const challenge = {
  'WWW-Authenticate': Type.String({
    description: 'What is wrong with the access token, or which scope it lacks (RFC 6750 section 3).',
    examples: ['Bearer realm="web-session-clients", error="invalid_token"'],
  }),
}

const headersOf = (codes: readonly ProblemCode[]) => ({
  ...(codes.some(code => retriedLater.includes(code)) && retryAfter),
  ...(codes.some(code => challenged.includes(code)) && challenge),
})

/** A code, with its status where the route answers it with one of its own. */
export type DescribedProblem = ProblemCode | Readonly<{ code: ProblemCode; status: number }>

const withStatus = (described: DescribedProblem) =>
  typeof described === 'string' ? { code: described, status: problems[described].status } : described

/** Response schemas for the problems an operation can answer, one entry for each status, the codes in its description. */
export const problemResponses = (...described: DescribedProblem[]) => {
  const byStatus = Object.groupBy(described.map(withStatus), ({ status }) => String(status))
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: group.map(({ code }) => `\`${code}\`: ${problems[code].title}.`).join(' '),
        headers: headersOf(group.map(({ code }) => code)),
        content: {
          'application/problem+json': {
            schema: Type.Ref('ProblemDetails'),
            examples: Object.fromEntries(group.map(each => [each.code, { value: exampleOf(each) }])),
          },
        },
      },
    ]),
  )
}

const exampleOf = ({ code, status }: { code: ProblemCode; status: number }) => ({
  ...toProblemDetails(
    new Problem(code, `${problems[code].title}.`, { status }),
    '01937b4e-6c1a-7c3e-9d53-0b6c1f2a7e10',
  ),
  ...(code === 'validation_failed' && { violations: [exampleViolation] }),
  ...(code === 'not_allowed_by_policy' && { violations: [exampleRefusal] }),
  ...(['client_drifted', 'drift_not_acceptable'].includes(code) && { differences: [exampleDifference] }),
})

const exampleViolation: Violation = {
  in: 'body',
  pointer: '/pingAccessUrls/0',
  rule: 'https_only',
  value: 'http://mypingaccessserver:3000',
  detail: 'A PingAccess URL begins with https://, in lower case.',
  fix: 'Send https://mypingaccessserver:3000.',
}

const exampleRefusal: Violation = {
  in: 'body',
  pointer: '/pingAccessUrls/0',
  rule: 'allowed_hosts',
  value: 'shop.example.com',
  detail: 'The host is not allowed to team payments.',
  fix: 'Allowed hosts: pay.example.com, *.pay.example.com. For anything else ask IAM team, iam@example.com.',
  policyRule: '/teams/payments/hosts',
  changeableBy: 'IAM team, iam@example.com',
}

const exampleDifference: Difference = { pointer: '/requirePkce', expected: false, actual: true }
