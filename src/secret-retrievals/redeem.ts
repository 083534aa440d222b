import type { KeyObject } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { Type } from 'typebox'
import { type Actor, actorOf } from '../audit/actor.ts'
import type { AuditedStore, RecordEvent } from '../audit/record.ts'
import type { Database } from '../database/schema.ts'
import { resultOf } from '../database/settled.ts'
import { type Placeholders, prepare } from '../database/statement.ts'
import type { App } from '../http/route.ts'
import { expireRetrieval } from './expire.ts'
import { type FoundRetrieval, getRetrieval, readRetrieval } from './find-retrieval.ts'
import { redeemDocument } from './redeem-document.ts'
import { expired, refuseDead } from './refuse-dead.ts'
import type { RetrievalToken } from './schema.ts'
import { open } from './seal.ts'

export type RedeemDependencies = { store: AuditedStore; config: { secretKeys: readonly KeyObject[] } }

const schema = {
  operationId: 'redeemSecret',
  tags: ['secret retrievals'],
  summary: 'Redeem a client secret, once',
  description: redeemDocument.description,
  body: Type.Unsafe<RetrievalToken>(Type.Ref('RetrievalToken')),
  response: { 200: redeemDocument.secret },
}

/** `POST /secret-retrievals` */
export const redeemSecret = (app: App, { store, config }: RedeemDependencies): void => {
  app.route({
    method: 'POST',
    url: '/secret-retrievals',
    config: {
      scope: 'secrets:redeem',
      action: 'secret.redeem',
      problems: [
        'retrieval_not_found',
        'operation_in_progress',
        'retrieval_redeemed',
        'retrieval_expired',
        'retrieval_revoked',
        'server_key_missing',
      ],
    },
    schema,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const { token } = request.body
      const { retrieval, secret } = await store.write(
        async (trx, record) => {
          const retrieval = await getRetrieval(trx, token, actor.principal)
          if (retrieval.state === 'outstanding' && retrieval.expires_at <= retrieval.databaseTime) {
            await expireRetrieval(trx, retrieval)
            return { retrieval, secret: undefined }
          }
          refuseDead(retrieval, actor.principal)
          const secret = openSeal(retrieval, token, config.secretKeys)
          await claimOnRecord({ trx, record }, retrieval, actor)
          return { retrieval, secret }
        },
        { mayShare: true },
      )
      if (secret === undefined) throw expired(retrieval)
      return reply.code(200).send({
        clientId: retrieval.client_id,
        clientSecret: secret,
        team: retrieval.team,
        redeemedAt: retrieval.databaseTime,
      })
    },
  })
}

type Claim = { retrievalId: string; redeemedAt: string; subject: string }

const claimRetrieval = prepare((db, value: Placeholders<Claim>) =>
  db
    .updateTable('retrieval')
    .set({ state: 'redeemed', sealed: null, redeemed_at: value.redeemedAt, redeemed_by: value.subject })
    .where('retrieval_id', '=', value.retrievalId)
    .where('state', '=', 'outstanding')
    .where('replaced_by', 'is', null)
    .where('expires_at', '>', sql<string>`database_time()`),
)

/** Together, so that they share a round trip on PostgreSQL; an event without its claim is rolled back. */
const claimOnRecord = async (
  { trx, record }: { trx: Kysely<Database>; record: RecordEvent },
  retrieval: FoundRetrieval,
  actor: Actor,
): Promise<void> => {
  const { team, client_id: clientId } = retrieval
  const [claimed, recorded] = await Promise.allSettled([
    claim(trx, retrieval, actor),
    record(actor, { action: 'secret.redeem', outcome: 'done', team, client_id: clientId }),
  ])
  resultOf(claimed)
  resultOf(recorded)
}

/** One conditional write, so that only one request wins. It erases the sealed secret, unless the seal does not open. */
const claim = async (trx: Kysely<Database>, retrieval: FoundRetrieval, actor: Actor): Promise<void> => {
  const { numAffectedRows } = await claimRetrieval(trx, {
    retrievalId: retrieval.retrieval_id,
    redeemedAt: retrieval.databaseTime,
    subject: actor.principal.subject,
  })
  if (numAffectedRows !== 1n) {
    // On PostgreSQL the token may expire, or another request may use, revoke or begin to replace it, between the two statements.
    refuseDead(await readRetrieval(trx, retrieval.retrieval_id), actor.principal)
    throw expired(retrieval)
  }
}

const openSeal = (
  { retrieval_id: retrievalId, client_id: clientId, expires_at: expiresAt, sealed }: FoundRetrieval,
  token: string,
  serverKeys: readonly KeyObject[],
): string => {
  if (sealed === null) throw new Error('An outstanding retrieval has no sealed secret.')
  return open(sealed, token, serverKeys, { retrievalId, clientId, expiresAt })
}
