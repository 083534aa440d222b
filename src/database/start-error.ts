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
 * hosts and files but never a password.
 * @param where the database, without its password
 */
export const toStartError = (where: string, error: unknown): DatabaseStartError => {
  if (error instanceof DatabaseStartError) return error
  const { code, errcode, message, cause } = (error ?? {}) as Described
  if (code === 'DATABASE_UNAVAILABLE') return toStartError(where, cause)
  const words = [message, code, errcode].filter(part => part !== undefined && part !== '').join(', ')
  const reason = `the database ${where} cannot be used: ${words}`
  return new DatabaseStartError(reason.replaceAll(/\s+/g, ' '), { cause: error })
}
