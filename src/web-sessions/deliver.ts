import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { actorOf } from '../audit/actor.ts'
import { parseIdempotencyKey, replayed } from '../http/idempotency-key.ts'
import type { App } from '../http/route.ts'
import { findSchemaViolations, refuseViolations } from '../http/validation.ts'
import { runChange } from '../journal/run.ts'
import type { Secret } from '../secret.ts'
import { toNewClient } from '../web-session-clients/client-row.ts'
import { deliverChange } from '../web-session-clients/deliver-change.ts'
import { dryRunDelivery } from '../web-session-clients/deliver-dry-run.ts'
import { type DeliverDependencies, toDeliverRequest } from '../web-session-clients/deliver-request.ts'
import type { DeliverSecret } from '../web-session-clients/deliver-schema.ts'
import { getClient } from '../web-session-clients/get.ts'
import { inSlots } from '../web-session-clients/upstream.ts'
import { deliverDocument } from './deliver-document.ts'
import type { FindLive } from './find-live.ts'

const schema = {
  operationId: 'deliverSecret',
  tags: ['web sessions'],
  summary: 'Put a new secret straight into PingAccess',
  description: deliverDocument.description,
  params: deliverDocument.params,
  headers: deliverDocument.headers,
  querystring: deliverDocument.querystring,
  body: Type.Unsafe<DeliverSecret>(Type.Ref('DeliverSecret')),
  response: { 200: deliverDocument.delivered, 201: deliverDocument.made },
}

/** `PUT /web-session-clients/{clientId}/web-session` */
export const deliverSecret = (app: App, dependencies: DeliverDependencies & { findLive: FindLive }): void => {
  const { store, findLive } = dependencies
  const journal = inSlots(dependencies)
  app.route({
    method: 'PUT',
    url: '/web-session-clients/:clientId/web-session',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.deliver',
      canWait: true,
      isBodyOptional: true,
      problems: deliverDocument.problems,
    },
    schema,
    attachValidation: true,
    handler: async (request, reply) => {
      const actor = actorOf(request)
      const { body, key } = parseDelivery(request)
      const client = await getClient(store.db, actor.principal, request.params.clientId)
      const toDeliver = toDeliverRequest(dependencies, { client, body, key, actor })
      if (request.query.dryRun) return reply.code(200).send(await dryRunDelivery(dependencies, toDeliver))
      const delivered = await runChange(journal, deliverChange, toDeliver)
      const { client: now, previousSecretEndsAt, isNew, isReplayed } = delivered
      return reply
        .code(isNew ? 201 : 200)
        .headers({ ...(isReplayed && replayed) })
        .send({ ...now, previousSecretEndsAt, live: await findLive(toNewClient(client), request.log) })
    },
  })
}

/** @throws Problem `validation_failed` with every violation at once */
const parseDelivery = (request: FastifyRequest): { body: DeliverSecret; key: Secret | undefined } => {
  const { key, violations } = parseIdempotencyKey(request)
  refuseViolations([...violations, ...findSchemaViolations(request)])
  return { body: request.body as DeliverSecret, key }
}
