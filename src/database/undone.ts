/**
 * Why a transaction that several writes shared was undone.
 * - `refusal`: one of them threw after it had changed a row, or two of them inserted the same
 * - `lock`: a lock was not to be had in time
 * - `schema`: a statement was prepared for the schema before the present one
 * - `statement`: one failed otherwise
 */
const reasons = ['refusal', 'lock', 'schema', 'statement'] as const
export type UndoneReason = (typeof reasons)[number]

/** SQLSTATEs of a wait for a lock that was too long, and of the loser of a deadlock. */
const lockStates: ReadonlySet<string> = new Set(['55P03', '40P01'])

/** SQLSTATE of an insert for many runs of which two would put their row in the place of the same one. */
const insertedTwice = '21000'

/** Whether a statement failed because its connection had prepared it for a schema that has been changed since. */
export const isOfFormerSchema = (error: unknown): boolean => (error as { code?: unknown })?.code === '0A000'

/** By the error of a statement, or of the work that has thrown. */
export const toUndoneReason = (error: unknown): UndoneReason => {
  if (isOfFormerSchema(error)) return 'schema'
  const { code } = (error ?? {}) as { code?: unknown }
  if (typeof code !== 'string') return 'refusal'
  if (lockStates.has(code)) return 'lock'
  if (code === insertedTwice) return 'refusal'
  return code === 'ERR_SQLITE_ERROR' || /^[0-9A-Z]{5}$/.test(code) ? 'statement' : 'refusal'
}

/** How many have been, by why. */
export type Undone = Readonly<Record<UndoneReason, number>>

export const createUndone = (): { count: (reason: UndoneReason) => void; read: () => Undone } => {
  const counts = Object.fromEntries(reasons.map(reason => [reason, 0])) as Record<UndoneReason, number>
  return {
    count: reason => {
      counts[reason] += 1
    },
    read: () => counts,
  }
}
