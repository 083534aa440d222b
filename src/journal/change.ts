import type { Kysely } from 'kysely'
import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { Database, OperationRow } from '../database/schema.ts'
import type { Store } from '../database/store.ts'
import type { OperationKind, ReplicationState } from '../database/vocabulary.ts'
import type { Problem, ProblemCode } from '../problem.ts'
import type { IdempotentRequest } from './idempotency.ts'

/** What every request for a change brings, whatever its kind. */
export type ChangeRequest = {
  operationId: string
  clientId: string
  /** The team that owns the client. */
  team: string
  /** Of the secret that the change hands out; null where its kind hands out none. */
  retrievalId: string | null
  /** Rules of the policy that allow it, for the audit trail; null without a policy file. */
  rule: string | null
  /** The answer, unless the request repeats one that was begun when the policy allowed it. */
  refusal: Problem | undefined
  actor: Actor
  /** Where the caller sent an idempotency key. */
  idempotent: IdempotentRequest | undefined
}

/** An operation and the lease under which its end is written. */
export type LeasedOperation = {
  operationId: string
  clientId: string
  team: string
  fence: number
  actor: Actor
}

/** What is known of a write that was done: when PingFederate says it was, and whether the engines have it. */
export type Saved = { savedAt: string | null; replication: ReplicationState }

/**
 * How a write ended.
 * - `done`: PingFederate has it
 * - `failed`: it was not done; final where the same request would only be refused again
 * - `unknown`: it cannot be told yet. `heldMs` is set where the client stays held because the write may still arrive:
 *   for that many milliseconds nobody can settle the operation
 */
export type Outcome =
  | { kind: 'done'; saved: Saved }
  | { kind: 'failed'; problem: Problem; isFinal: boolean }
  | { kind: 'unknown'; cause: unknown; heldMs?: number }

/** What PingFederate shows of an operation that nobody works on any more. */
export type Evidence = { kind: 'done'; saved: Saved } | { kind: 'not-done'; code: ProblemCode }

/** What a write may use beside PingFederate. */
type Tools<Upstream> = { upstream: Upstream; store: Store; timeoutMs: number }

/**
 * A kind of change: all that the journal does not know by itself. Each kind has one write that counts. `Upstream` is
 * what it speaks to.
 */
export type Change<Upstream, Request extends ChangeRequest, Answer> = Readonly<{
  kind: OperationKind
  /**
   * Calls that one change can make in a row; the lease outlasts them. Should they take longer all the same, whoever
   * settles the operation meanwhile decides by what PingFederate shows.
   */
  maxCalls: number
  /**
   * Refuses what this service's own records do not permit; only reads. Resolves to the unfinished operation that holds
   * the client, if there is one.
   * @throws Problem to refuse
   */
  check: (db: Kysely<Database>, request: Request) => Promise<string | undefined>
  /**
   * Writes, in the transaction of the intent and before anything else, what takes the client where its operation does not.
   * False where somebody else has it.
   */
  reserve?: (trx: Kysely<Database>, request: Request) => Promise<boolean>
  /**
   * Writes, in the transaction of the intent, what the kind keeps beside the operation.
   * @throws Problem to refuse; nothing is kept then
   */
  intend: (trx: Kysely<Database>, request: Request, store: Pick<Store, 'takeTurns'>) => Promise<void>
  /** The one write, and the look that tells how it ended where its answer does not. */
  send: (tools: Tools<Upstream>, request: Request, operation: LeasedOperation) => Promise<Outcome>
  /**
   * Finds out from PingFederate, by reading only and from the operation alone, whether the write was done.
   * @throws PingFederateFailure when PingFederate cannot be asked
   */
  look: (upstream: Upstream, operation: OperationRow) => Promise<Evidence>
  /**
   * Writes the result, in the transaction that ends the operation as done, and resolves to the facts that are kept of it,
   * as JSON.
   * @throws Problem where the operation has been given up meanwhile; nothing is written then
   */
  finish: (trx: Kysely<Database>, operation: LeasedOperation, saved: Saved) => Promise<string>
  /**
   * For a kind that goes on after its write: why it has failed although PingFederate has the change, from the facts that
   * `finish` has kept. The operation ends as failed then, and nothing is taken back.
   */
  failureOf?: (facts: string) => ProblemCode | undefined
  /** Takes back what `intend` has written, in the transaction that ends the operation as failed. */
  undo: (trx: Kysely<Database>, operation: LeasedOperation) => Promise<void>
  /** Answers the request that was done, from the facts that `finish` has kept. */
  answer: (request: Request, facts: string) => Answer
  /** Answers a repetition from a finished operation; undefined where that has made nothing. */
  answerAgain: (
    db: Kysely<Database>,
    request: Request,
    operation: OperationRow,
  ) => Promise<Answer | undefined>
}>

/** What settling needs of a kind; it does not depend on what was requested or answered. */
type Settleable<Upstream> = Pick<
  Change<Upstream, never, unknown>,
  'kind' | 'look' | 'finish' | 'failureOf' | 'undo'
>

/** What the journal runs on. */
export type Journal<Upstream> = {
  store: AuditedStore
  upstream: Upstream
  kinds: Readonly<Record<OperationKind, Settleable<Upstream>>>
  /** How long one call to PingFederate may take. */
  timeoutMs: number
  /** Has clients published that were saved a moment ago; with none it takes up what is left of earlier ones. Never rejects. */
  publish: (clientIds: readonly string[]) => Promise<void>
}
