/** PingAccess's only error body: in general, and by field. */
interface ApiError {
  readonly flash: readonly string[]
  readonly form: Readonly<Record<string, readonly string[]>>
}

/** An answer of the admin API. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Ends a request with an error. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(status: number, flash: string, form: ApiError['form'] = {}, headers: Answer['headers'] = {}) {
    super(flash)
    this.answer = { status, body: { flash: [flash], form } satisfies ApiError, headers }
  }
}

/** 422 with what is wrong with each field. */
export function invalid(form: ApiError['form']): Refusal {
  return new Refusal(422, 'Save Failed.', form)
}
