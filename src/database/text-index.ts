import type { RawBuilder } from 'kysely'

/** Finds clients by pieces of their `search_text`, which are three characters long. */
export type TextIndex = {
  /** Whether it can look for that piece. */
  knows: (piece: string) => boolean
  /**
   * A select of the ids of all clients that have each of these pieces, at least one, and maybe of some that have not; of so
   * many at most.
   */
  select: (pieces: readonly string[], limit: number) => RawBuilder<{ client_id: string }>
  /**
   * Puts what was written since into better order; what is found does not depend on it. Resolves to whether there is more
   * to do. To be called regularly.
   */
  tend: () => Promise<boolean>
}
