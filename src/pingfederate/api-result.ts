import { maskTokensButFields } from '../secret-like.ts'
import type { FieldError } from './failure.ts'

/** Ping's `ApiResult` and `ValidationError`: every field is optional, and 400 may have no body at all. */
type ApiResult = { message?: unknown; validationErrors?: unknown }

/** Whether PingFederate itself says this: the page of a proxy, or of a server that is still starting, has no `resultId`. */
export const isApiResult = (body: unknown): boolean =>
  typeof (body as { resultId?: unknown } | null | undefined)?.resultId === 'string'

const maxMessages = 20
const maxMessageLength = 300

/** The messages of a refusal, with the client's field where PingFederate names one; never fails. */
export const parseApiResult = (body: unknown): FieldError[] => {
  if (typeof body !== 'object' || body === null) return []
  const { message, validationErrors } = body as ApiResult
  const errors = (Array.isArray(validationErrors) ? validationErrors : [])
    .slice(0, maxMessages)
    .flatMap(toFieldError)
  return errors.length > 0 ? errors : toFieldError({ message })
}

const toFieldError = (error: unknown): FieldError[] => {
  const { message, fieldPath } = (error ?? {}) as { message?: unknown; fieldPath?: unknown }
  if (typeof message !== 'string' || message === '') return []
  return [
    {
      fieldPath: typeof fieldPath === 'string' && fieldPath !== '' ? fieldPath : undefined,
      // The request had the client secret, and a message may repeat what it is about.
      message: maskTokensButFields(message).slice(0, maxMessageLength),
    },
  ]
}
