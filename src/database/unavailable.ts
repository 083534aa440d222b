/** SQLite's primary result codes for a store that cannot be used now: busy, locked, read-only, I/O, corrupt, full, cannot open, not a database. */
const sqliteCodes = new Set([5, 6, 8, 10, 11, 13, 14, 26])

/** Whether an error means that the database cannot be used, rather than that this service asked it something wrong. */
export const isDatabaseUnavailable = (error: unknown): boolean => {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' && sqliteCodes.has(errcode & 0xff)
}
