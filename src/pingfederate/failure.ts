/**
 * Why a call to PingFederate failed.
 * - `unreachable`, `tls`: no connection was made
 * - `credentials`: 401, in PingFederate's own words or none
 * - `forbidden`: 403 in PingFederate's own words: the account is known and may not, or nobody may, for want of a licence
 * - `busy`: 429
 * - `invalid`: 400 or 422, in PingFederate's own words or none
 * - `server-error`: 5xx
 * - `timeout`: no answer in time, neither here nor (504) at a proxy on the way
 * - `broken`: no whole answer came
 * - `unexpected`: an answer that the API does not give, such as the page of a proxy, whatever its status
 */
export type FailureKind =
  | 'unreachable'
  | 'tls'
  | 'credentials'
  | 'forbidden'
  | 'busy'
  | 'invalid'
  | 'server-error'
  | 'timeout'
  | 'broken'
  | 'unexpected'

/** Kinds after which PingFederate may have acted all the same; a write must then be looked up, not repeated. */
const ambiguousKinds: ReadonlySet<FailureKind> = new Set(['server-error', 'timeout', 'broken', 'unexpected'])

/** Who has given an answer; `unknown` where it has no words. */
export type Speaker = 'itself' | 'unknown' | 'another'

/** One of PingFederate's validation errors, with its `errorId`. */
export type FieldError = { fieldPath: string | undefined; errorId?: string | undefined; message: string }

export class PingFederateFailure extends Error {
  readonly kind: FailureKind
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined
  /** Seconds PingFederate asks to wait. */
  readonly retryAfterSeconds: number | undefined
  readonly fieldErrors: readonly FieldError[]
  /** Of an answer; undefined where there was none. */
  readonly speaker: Speaker | undefined
  /** Whether the call was sent at all. */
  readonly isSent: boolean
  /** Whether it was the token endpoint that failed, and not the administrative API. */
  readonly isOfTokenEndpoint: boolean
  /** Error code of Node.js or undici, for the log. */
  readonly code: string | undefined
  /** PingFederate's own words, masked; for the log and for what follows from them. */
  readonly reason: string | undefined
  /** Its own name for that, such as `license_agreement_not_accepted`, or `invalid_client` of the token endpoint. */
  readonly resultId: string | undefined

  constructor(
    kind: FailureKind,
    options: {
      status?: number
      retryAfterSeconds?: number | undefined
      fieldErrors?: FieldError[]
      speaker?: Speaker
      /** PingFederate's own words, for the log. */
      reason?: string | undefined
      resultId?: string | undefined
      /** False for what went wrong before the call could be made. */
      isSent?: boolean
      isOfTokenEndpoint?: boolean
      cause?: unknown
    } = {},
  ) {
    const details = [options.status, options.reason].filter(each => each !== undefined).join(', ')
    super(details === '' ? `PingFederate: ${kind}` : `PingFederate: ${kind} (${details})`, {
      cause: options.cause,
    })
    this.name = 'PingFederateFailure'
    this.kind = kind
    this.status = options.status
    this.retryAfterSeconds = options.retryAfterSeconds
    this.fieldErrors = options.fieldErrors ?? []
    this.speaker = options.speaker
    this.reason = options.reason
    this.resultId = options.resultId
    this.isSent = options.isSent ?? true
    this.isOfTokenEndpoint = options.isOfTokenEndpoint ?? false
    this.code = (options.cause as { code?: string } | undefined)?.code ?? kind
  }

  /** Whether a write may have been done in spite of this failure. */
  get isAmbiguous(): boolean {
    return this.isSent && ambiguousKinds.has(this.kind)
  }
}

/** For an outcome that is told and not thrown. @throws what is no failure of PingFederate, as it is */
export const asFailure = (error: unknown): PingFederateFailure => {
  if (error instanceof PingFederateFailure) return error
  throw error
}

/** Whether the answer was cut because it was longer than any that this service reads. */
export const isTooLong = (error: unknown): boolean =>
  error instanceof PingFederateFailure && error.code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE'

const tlsCode = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|EPROTO)/

/** Sorts what went wrong while a connection was made: nothing has been sent, whatever the error is called. */
export const toConnectionFailure = (error: Error & { code?: string }): PingFederateFailure =>
  new PingFederateFailure(tlsCode.test(error.code ?? '') ? 'tls' : 'unreachable', { cause: error })

/**
 * The server refuses the client's certificate. With TLS 1.3 that comes only after the client has begun to send, and
 * nothing of what was sent is read. Any other error of TLS on a connection that stands can come in mid-answer.
 */
const certificateAlert =
  /^ERR_SSL_.*_ALERT_((BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA)$/

/** Sorts an error of the HTTP client by what it says about the call. */
export const toFailure = (error: unknown): PingFederateFailure => {
  if (error instanceof PingFederateFailure) return error
  const { code = '', name = '' } = error as { code?: string; name?: string }
  if (certificateAlert.test(code)) return new PingFederateFailure('tls', { cause: error })
  const isTimeout = name === 'TimeoutError' || /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code)
  return new PingFederateFailure(isTimeout ? 'timeout' : 'broken', { cause: error })
}

/** What went wrong while a call was prepared, at the token endpoint for one: the call itself was not sent, so it is not ambiguous. */
export const beforeTheCall = (error: unknown, isOfTokenEndpoint?: boolean): PingFederateFailure => {
  const failure = toFailure(error)
  const { kind, status, retryAfterSeconds, resultId, reason, cause } = failure
  return new PingFederateFailure(kind, {
    ...(status && { status }),
    retryAfterSeconds,
    resultId,
    reason,
    cause: cause ?? error,
    isSent: false,
    isOfTokenEndpoint: isOfTokenEndpoint ?? failure.isOfTokenEndpoint,
  })
}
