import type { FailureKind, FieldError, PingFederateFailure, Speaker } from '../pingfederate/failure.ts'

/** Why a call to PingAccess failed; the kinds are those of PingFederate. */
export class PingAccessFailure extends Error {
  readonly kind: FailureKind
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined
  /** Seconds PingAccess asks to wait. */
  readonly retryAfterSeconds: number | undefined
  /** What PingAccess says of single fields (`form`), or in general (`flash`). */
  readonly fieldErrors: readonly FieldError[]
  /** Of an answer; undefined where there was none. */
  readonly speaker: Speaker | undefined
  /** Whether a write may have been done in spite of this failure. */
  readonly isAmbiguous: boolean
  /** Error code of Node.js or undici, for the log. */
  readonly code: string | undefined

  constructor(failure: PingFederateFailure) {
    const { kind, status, reason, cause } = failure
    const details = [status, reason].filter(each => each !== undefined).join(', ')
    super(details === '' ? `PingAccess: ${kind}` : `PingAccess: ${kind} (${details})`, { cause })
    this.name = 'PingAccessFailure'
    this.kind = kind
    this.status = status
    this.retryAfterSeconds = failure.retryAfterSeconds
    this.fieldErrors = failure.fieldErrors
    this.speaker = failure.speaker
    this.isAmbiguous = failure.isAmbiguous
    this.code = failure.code
  }
}

/** For an outcome that is told and not thrown. @throws what is no failure of PingAccess, as it is */
export const asPingAccessFailure = (error: unknown): PingAccessFailure => {
  if (error instanceof PingAccessFailure) return error
  throw error
}
