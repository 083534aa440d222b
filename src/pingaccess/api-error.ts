import { maskAll, maxMessageLength, maxMessages, type OwnWords } from '../pingfederate/api-result.ts'
import { isJson, toTexts } from '../pingfederate/json.ts'

/** Whether PingAccess itself says this: its only error body has texts in general (`flash`), and by field (`form`). */
export const isApiError = (body: unknown): boolean => isJson(body) && Array.isArray(body['flash'])

/**
 * What PingAccess says of a request: each error with its field where it names one; in general only where it names none.
 * Never fails.
 * @param secrets texts that the request had; a message may repeat what it is about
 */
export const parseApiError = (body: unknown, secrets: readonly string[]): OwnWords => {
  const { flash, form } = isJson(body) ? body : {}
  const toText = (text: string): string => maskAll(text, secrets).slice(0, maxMessageLength)
  const byField = Object.entries(isJson(form) ? form : {}).flatMap(([fieldPath, texts]) =>
    toTexts(texts).map(text => ({ fieldPath: toText(fieldPath), message: toText(text) })),
  )
  const inGeneral = toTexts(flash).map(text => ({ fieldPath: undefined, message: toText(text) }))
  return {
    fieldErrors: (byField.length > 0 ? byField : inGeneral).slice(0, maxMessages),
    resultId: undefined,
    reason: inGeneral[0]?.message,
  }
}
