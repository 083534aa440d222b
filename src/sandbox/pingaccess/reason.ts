/** Why a call failed: by OAuth's code where there is one, otherwise by the error at the bottom of it. */
export function toReason(
  error: Error & { error?: string; error_description?: string; code?: string },
): string {
  if (error.error !== undefined) return [error.error, error.error_description].filter(Boolean).join(': ')
  if (error.cause instanceof Error) return toReason(error.cause)
  return error.code ?? error.message
}
