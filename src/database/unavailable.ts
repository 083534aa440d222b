/** The connection to the database could not be had, or broke. */
export class DatabaseUnavailable extends Error {
  readonly code: string = 'DATABASE_UNAVAILABLE'
  constructor(cause: unknown) {
    super('The database cannot be reached.', { cause })
    this.name = 'DatabaseUnavailable'
  }
}

/** The connection broke while a transaction was being committed: it is kept as a whole or not at all, and which is not known. */
export class CommitUnknown extends DatabaseUnavailable {
  override readonly code = 'COMMIT_UNKNOWN'
}

/** SQLite's primary result codes for a store that cannot be used now: busy, locked, read-only, I/O, corrupt, full, cannot open, not a database. */
const sqliteCodes = new Set([5, 6, 8, 10, 11, 13, 14, 26])

/**
 * SQLSTATEs of the same (PostgreSQL appendix A): connection (08), resources (53), operator intervention (57), I/O (58),
 * read-only (25006), idle for too long (25P03), lock not available (55P03), the losers of deadlocks and serialisation
 * (40), and a statement prepared for an older schema (0A000).
 */
const sqlStates = /^(08|53|57|58|40)|^(25006|25P03|55P03|0A000)$/

/** Whether an error means that the database cannot be used, rather than that this service asked it something wrong. */
export const isDatabaseUnavailable = (error: unknown): boolean => {
  if (error instanceof DatabaseUnavailable) return true
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown }
  if (code === 'ERR_SQLITE_ERROR') return typeof errcode === 'number' && sqliteCodes.has(errcode & 0xff)
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && sqlStates.test(code)
}
