import { maskMarked } from '../secret-like.ts'
import type { FieldError } from './failure.ts'
import { isJson } from './json.ts'

/** Whether PingFederate itself says this: the page of a proxy, or of a server that is still starting, has no `resultId`. */
export const isApiResult = (body: unknown): body is { resultId: string } =>
  isJson(body) && typeof body['resultId'] === 'string'

export const maxMessages = 20
export const maxMessageLength = 300

/** What a product says of what it refuses: each error, with its field where it names one, and why, for the log. */
export type OwnWords = {
  fieldErrors: FieldError[]
  resultId: string | undefined
  reason: string | undefined
}

/**
 * What Ping's `ApiResult` says: why, for the log, and each error with the client's field where PingFederate names one.
 * Never fails: every field is optional.
 * @param secrets texts that the request had; a message may repeat what it is about
 */
export const parseApiResult = (body: unknown, secrets: readonly string[]): OwnWords => {
  if (!isJson(body)) return { fieldErrors: [], resultId: undefined, reason: undefined }
  const { message, validationErrors } = body
  const toText = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? maskAll(value, secrets).slice(0, maxMessageLength) : undefined
  const toFieldErrors = (error: unknown): FieldError[] => {
    const { message, fieldPath, errorId } = isJson(error) ? error : {}
    const text = toText(message)
    return text === undefined
      ? []
      : [{ fieldPath: toText(fieldPath), errorId: toText(errorId), message: text }]
  }
  const resultId = toText(body['resultId'])
  const errors = (Array.isArray(validationErrors) ? validationErrors : [])
    .slice(0, maxMessages)
    .flatMap(toFieldErrors)
  return {
    fieldErrors: errors.length > 0 ? errors : toFieldErrors({ message, errorId: resultId }),
    resultId,
    reason: [resultId, toText(message)].filter(Boolean).join(': ') || undefined,
  }
}

export const maskAll = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((masked, secret) => masked.replaceAll(secret, '[masked]'), maskMarked(text))
