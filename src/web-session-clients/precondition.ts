import type { ClientRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import { type Condition, isMet } from '../http/entity-tag.ts'
import { readOperation } from '../journal/read-operation.ts'
import type { Principal } from '../principal.ts'
import { Problem } from '../problem.ts'
import { toEntityTag } from './client-row.ts'
import { toAbsence } from './get.ts'

/** @throws Problem `precondition_required` (RFC 6585 section 3), `precondition_failed` (RFC 9110 section 13.1.1) */
export const requireMet = (condition: Condition | undefined, row: ClientRow): void => {
  if (condition === undefined) throw missing(row)
  if (!isMet(condition, toEntityTag(row))) throw stale(row)
}

const missing = ({ client_id: clientId }: ClientRow): Problem =>
  new Problem(
    'precondition_required',
    `Send If-Match with the ETag of GET /web-session-clients/${clientId}, so that nobody overwrites what they have not seen.`,
  )

/** Nothing has the tag that was named, nor any (RFC 9110 section 13.1.1); of another team's client no more is told. */
export const absent = (principal: Principal): Problem =>
  new Problem(
    'precondition_failed',
    `${toAbsence(principal)}, so If-Match cannot be met; nothing was changed.`,
  )

/** The client is not any more what the caller has read. */
export const stale = (row: ClientRow): Problem =>
  new Problem(
    'precondition_failed',
    `The client has been changed since you read it, last at ${row.updated_at}; nothing was changed now. Read it again and decide.`,
    { headers: { etag: toEntityTag(row) } },
  )

/**
 * Where an update is running that began from what the caller has read: it will have changed the client unless it fails.
 * Everything else is thrown on.
 */
export const asStale =
  ({ db }: Pick<Store, 'db'>) =>
  async (error: unknown): Promise<never> => {
    const holder =
      error instanceof Problem && error.code === 'operation_in_progress' ? error.operation : undefined
    const operation = holder === undefined ? undefined : await readOperation(db, holder)
    throw operation?.kind === 'update' ? staleSoon(operation.operation_id) : error
  }

const staleSoon = (operation: string): Problem =>
  new Problem(
    'precondition_failed',
    'Somebody is changing the client from what you have read; nothing was changed by you. Read the client again once that operation has ended.',
    { operation },
  )
