import { Refusal } from '../exchange.ts'

/** One entry of PingFederate's `validationErrors`. */
export interface ValidationError {
  readonly errorId: string
  readonly message: string
  readonly fieldPath?: string
}

/** PingFederate's only error body. */
interface ApiResult {
  readonly resultId: string
  readonly message: string
  readonly validationErrors?: readonly ValidationError[]
}

/** An error answer with an ApiResult. */
export function refusal(
  status: number,
  resultId: string,
  message: string,
  headers: Record<string, string> = {},
): Refusal {
  return new Refusal({ status, body: { resultId, message } satisfies ApiResult, headers })
}

/** 404 for anything that isn't there. */
export function notFound(): Refusal {
  return refusal(404, 'resource_not_found', 'Resource not found.')
}

/** 422 with everything that is wrong. */
export function invalid(validationErrors: readonly ValidationError[]): Refusal {
  const body: ApiResult = {
    resultId: 'validation_error',
    message: 'Validation error(s) occurred. Please review the error(s) and address accordingly.',
    validationErrors,
  }
  return new Refusal({ status: 422, body })
}
