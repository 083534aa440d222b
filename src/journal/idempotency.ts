import { createHmac, type KeyObject } from 'node:crypto'
import type { Kysely } from 'kysely'
import { databaseTime } from '../database/database-time.ts'
import type { Database, OperationRow } from '../database/schema.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { Store } from '../database/store.ts'
import type { OperationKind } from '../database/vocabulary.ts'
import type { Principal } from '../principal.ts'
import type { Secret } from '../secret.ts'

/** How long a key is remembered, in hours; the documented minimum is 24. */
const rememberedHours = 48

/** A request that may be repeated: under its key the same answer is given again. */
export type IdempotentRequest = {
  key: Secret
  /** Row id under the current server key, then under the former ones. */
  ids: readonly [string, ...string[]]
  /** Digest of the body under the same server keys. */
  digests: readonly string[]
  expiresAt: string
}

type Options = {
  /** What is requested under the key. */
  kind: OperationKind
  key: Secret
  principal: Principal
  body: unknown
  secretKeys: readonly [KeyObject, ...KeyObject[]]
  now: number
}

/** Scopes a key to its caller, so that two callers with the same key know nothing of each other, and to a kind of change. */
export const toIdempotentRequest = ({
  kind,
  key,
  principal,
  body,
  secretKeys,
  now,
}: Options): IdempotentRequest => {
  const name = JSON.stringify([kind, principal.subject, principal.clientId ?? null, key.reveal()])
  const content = JSON.stringify(sortKeys(body))
  const [current, ...former] = secretKeys
  return {
    key,
    ids: [
      digest(current, 'idempotency key', name),
      ...former.map(each => digest(each, 'idempotency key', name)),
    ],
    digests: secretKeys.map(each => digest(each, 'request body', content)),
    expiresAt: new Date(now + rememberedHours * 3_600_000).toISOString(),
  }
}

/** The random part of a retrieval token that a repetition with the same key can make again; 32 bytes. */
export const deriveTokenBytes = (secretKey: KeyObject, key: Secret, operationId: string): Buffer =>
  hmac(secretKey, 'retrieval token', JSON.stringify([operationId, key.reveal()]))

const hmac = (key: KeyObject, purpose: string, text: string): Buffer =>
  createHmac('sha256', key).update(`${purpose}\n${text}`).digest()

const digest = (key: KeyObject, purpose: string, text: string): string =>
  hmac(key, purpose, text).toString('base64url')

/** The same body, whatever the order of its names. */
const sortKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sortKeys(each)]),
  )
}

export type KnownRequest = { operation: OperationRow; hasSameBody: boolean }

/** What was begun under the key, if it is remembered. */
export const findKnownRequest = async (
  db: Kysely<Database>,
  { ids, digests }: IdempotentRequest,
): Promise<KnownRequest | undefined> => {
  const found = await Promise.all(ids.map(id => selectKnown(db, { id })))
  const [row] = found.flatMap(({ rows }) => rows)
  if (!row) return undefined
  const { request_digest: requestDigest, ...operation } = row
  return { operation, hasSameBody: digests.includes(requestDigest) }
}

const selectKnown = prepare((db, value: Placeholders<{ id: string }>) =>
  db
    .selectFrom('idempotency')
    .innerJoin('operation', 'operation.operation_id', 'idempotency.operation_id')
    .selectAll('operation')
    .select('idempotency.request_digest')
    .where('idempotency.idempotency_id', '=', value.id)
    .where('idempotency.expires_at', '>', databaseTime),
)

/**
 * The same within the write that is to remember the key. While replicas are told a new server key one after the other,
 * two of them keep a key under two row ids, between which there is no conflict: requests take turns by all their ids then.
 */
export const findKnownInTurn = async (
  { takeTurns }: Pick<Store, 'takeTurns'>,
  trx: Kysely<Database>,
  request: IdempotentRequest,
): Promise<KnownRequest | undefined> => {
  // In an order that all replicas share, or two could wait for each other.
  if (request.ids.length > 1) for (const id of request.ids.toSorted()) await takeTurns(trx, id)
  return findKnownRequest(trx, request)
}

/**
 * Remembers the key for an operation. False when another request under the same key was faster; `replaces` is the
 * failed operation whose place it takes.
 */
export const rememberRequest = async (
  trx: Kysely<Database>,
  { ids, digests, expiresAt }: IdempotentRequest,
  operationId: string,
  replaces: string | undefined,
): Promise<boolean> => {
  // It may be known under a former server key, and a key names one operation.
  if (replaces !== undefined) await forgetRequest(trx, ids, replaces)
  const { numAffectedRows } = await insertRequest(trx, {
    ...{ id: ids[0], digest: digests[0] ?? '', operationId, expiresAt },
  })
  return numAffectedRows === 1n
}

type Remembered = { id: string; digest: string; operationId: string; expiresAt: string }

/** Takes the place of one whose time is over, and of no other. */
const insertRequest = prepare(
  (db, value: Placeholders<Remembered>) =>
    db
      .insertInto('idempotency')
      .values({
        idempotency_id: value.id,
        request_digest: value.digest,
        operation_id: value.operationId,
        created_at: databaseTime,
        expires_at: value.expiresAt,
      })
      .onConflict(conflict =>
        conflict
          .column('idempotency_id')
          .doUpdateSet(({ ref }) => ({
            request_digest: ref('excluded.request_digest'),
            operation_id: ref('excluded.operation_id'),
            created_at: ref('excluded.created_at'),
            expires_at: ref('excluded.expires_at'),
          }))
          .where('idempotency.expires_at', '<=', databaseTime),
      ),
  { told: ['operation_id', 'operationId'] },
)

const forgetRequest = async (
  trx: Kysely<Database>,
  ids: readonly string[],
  operationId: string,
): Promise<void> => {
  await trx
    .deleteFrom('idempotency')
    .where('idempotency_id', 'in', [...ids])
    .where('operation_id', '=', operationId)
    .execute()
}

/** Whether a repetition starts afresh: nothing was made, and nothing says that it would be refused again. */
export const mayBeginAgain = ({ operation, hasSameBody }: KnownRequest): boolean =>
  hasSameBody && operation.state === 'failed' && operation.refusal === null
