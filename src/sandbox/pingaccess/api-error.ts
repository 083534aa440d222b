import { type Answer, Refusal } from '../exchange.ts'

/** PingAccess's only error body: in general, and by field. */
interface ApiError {
  readonly flash: readonly string[]
  readonly form: Readonly<Record<string, readonly string[]>>
}

/** An error answer with what is wrong in general, and with each field. */
export function refusal(
  status: number,
  flash: string,
  form: ApiError['form'] = {},
  headers: Answer['headers'] = {},
): Refusal {
  return new Refusal({ status, body: { flash: [flash], form } satisfies ApiError, headers })
}

/** 422 with what is wrong with each field. */
export function invalid(form: ApiError['form']): Refusal {
  return refusal(422, 'Save Failed.', form)
}
