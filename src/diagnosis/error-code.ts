import { toConnectionFailure } from '../pingfederate/failure.ts'

const maxCauses = 5

/** The innermost code of an error and its causes, such as `ECONNREFUSED`: it says most of what really went wrong. */
export const findErrorCode = (error: unknown): string | undefined => {
  let code: string | undefined
  let each = error as { code?: unknown; cause?: unknown } | undefined
  for (let depth = 0; each !== undefined && each !== null && depth < maxCauses; depth += 1) {
    if (typeof each.code === 'string') code = each.code
    each = each.cause as typeof each
  }
  return code
}

/** Whether it is that of a certificate that is not trusted, or is another host's. */
export const isOfTls = (code: string | undefined): boolean =>
  code !== undefined && toConnectionFailure(Object.assign(new Error(), { code })).kind === 'tls'
