import { maskTokens } from '../secret-like.ts'

/** Why the service cannot start on its database, in one line for the operator; it quotes no secret. */
export class DatabaseStartError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`web-session-clients cannot start: ${reason}`, options)
    this.name = 'DatabaseStartError'
  }
}

type Described = { code?: unknown; errcode?: unknown; message?: unknown; cause?: unknown }

/**
 * Whatever keeps the database from being opened, as one line: the driver's own words and code, which name users,
 * hosts and files, without what could be a secret.
 * @param where the database, without its password
 * @param password as the URL has it
 */
export const toStartError = (where: string, error: unknown, password = ''): DatabaseStartError => {
  if (error instanceof DatabaseStartError) return error
  const { code, errcode, message, cause } = (error ?? {}) as Described
  if (code === 'DATABASE_UNAVAILABLE') return toStartError(where, cause, password)
  const words = [message === undefined ? '' : maskPassword(String(message), password), code, errcode]
  const reason = `the database ${where} cannot be used: ${words.filter(part => part !== undefined && part !== '').join(', ')}`
  return new DatabaseStartError(reason.replaceAll(/\s+/g, ' '), { cause: error })
}

const maskPassword = (text: string, password: string): string => {
  const forms = [password, decode(password)].filter(form => form !== '')
  return maskTokens(forms.reduce((masked, form) => masked.replaceAll(form, '[masked]'), text))
}

const decode = (password: string): string => {
  try {
    return decodeURIComponent(password)
  } catch {
    return password
  }
}
