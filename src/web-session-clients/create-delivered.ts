import { runChange } from '../journal/run.ts'
import type { AskedWebSession } from '../pingaccess/merge-web-session.ts'
import { Problem } from '../problem.ts'
import { toUnchanged } from './client-row.ts'
import { type CreateRequest, createChange } from './create-change.ts'
import { type CreateDependencies, toCreatedHeaders } from './create-request.ts'
import { deliverChange } from './deliver-change.ts'
import { toDeliverRequest } from './deliver-request.ts'
import { findPlaces } from './find-places.ts'
import { getClient } from './get.ts'
import { inSlots } from './upstream.ts'

const pointer = '/webSession'

/**
 * A create whose secret goes straight into PingAccess: a create and a delivery, each with its own end. What PingAccess
 * refuses is found before the client is made. A repetition under the same key completes what was cut off in between.
 * @throws Problem as each of the two; `delivery_failed` where the client is there, and PingAccess has not got its secret
 */
export const createDelivered = async (
  dependencies: CreateDependencies,
  request: CreateRequest,
  asked: AskedWebSession,
) => {
  const { journal, store, config } = dependencies
  const { client, clientId, actor } = request
  if (!request.refusal) await findPlaces(journal.upstream, { client, asked, pointer })
  const running = inSlots(dependencies)
  const { client: created, isReplayed } = await runChange(running, createChange, request)
  const headers = toCreatedHeaders(created, isReplayed, config.publicUrl ?? '')
  const row = await getClient(store.db, actor.principal, clientId)
  if (row.delivery !== null) return { headers, body: { ...toUnchanged(row).client, retrieval: null } }
  const toDeliver = toDeliverRequest(dependencies, { client: row, body: asked, actor, pointer })
  const delivered = await runChange(running, deliverChange, toDeliver).catch(error => {
    throw error instanceof Problem ? afterCreate(error) : error
  })
  return { headers, body: { ...delivered.client, retrieval: null } }
}

/** What says that nothing was changed speaks of the delivery alone. */
const afterCreate = (problem: Problem): Problem =>
  problem.code === 'delivery_failed'
    ? problem
    : new Problem(
        'delivery_failed',
        `The client was created, and PingAccess has not got its secret: ${problem.message}`,
        {
          cause: problem,
          headers: problem.headers,
          ...(problem.violations && { violations: problem.violations }),
          ...(problem.operation && { operation: problem.operation }),
        },
      )
