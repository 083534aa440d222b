import { Type } from 'typebox'
import { actorOf } from '../audit/actor.ts'
import { principalOf } from '../authentication/authenticate.ts'
import type { App } from '../http/route.ts'
import { runChange } from '../journal/run.ts'
import { createChange } from './create-change.ts'
import { createDelivered } from './create-delivered.ts'
import { createDocument } from './create-document.ts'
import { type CreateDependencies, toCreatedAnswer, toCreateRequest } from './create-request.ts'
import { dryRunCreate } from './dry-run.ts'
import { planCreate } from './plan.ts'
import { refuseFullTeam } from './refuse-full-team.ts'
import type { CreateWebSessionClient } from './schema.ts'
import { inSlots } from './upstream.ts'

const schema = {
  operationId: 'createWebSessionClient',
  tags: ['web session clients'],
  summary: 'Create a web session client',
  description: createDocument.description,
  headers: createDocument.headers,
  querystring: createDocument.querystring,
  body: Type.Unsafe<CreateWebSessionClient>(Type.Ref('CreateWebSessionClient')),
  response: { 200: createDocument.dryRun, 201: createDocument.created },
}

/** `POST /web-session-clients` */
export const createWebSessionClient = (app: App, dependencies: CreateDependencies): void => {
  const journal = inSlots(dependencies)
  app.route({
    method: 'POST',
    url: '/web-session-clients',
    config: {
      scope: 'web-session-clients:write',
      action: 'client.create',
      canWait: true,
      problems: createDocument.problems,
    },
    schema,
    attachValidation: true,
    handler: async (request, reply) => {
      const principal = principalOf(request)
      const plan = planCreate(request, principal, {
        config: dependencies.config,
        policy: dependencies.policy.current(),
      })
      const toCreate = toCreateRequest(dependencies, plan, actorOf(request))
      if (request.query.dryRun)
        return reply
          .code(200)
          .send(
            await dryRunCreate(
              { ...dependencies, log: request.log },
              plan.choices,
              toCreate,
              plan.body.webSession,
            ),
          )
      const { webSession } = plan.body
      const allowed = await refuseFullTeam(dependencies.store, toCreate)
      if (webSession) {
        const delivered = await createDelivered(dependencies, allowed, webSession)
        return reply.code(201).headers(delivered.headers).send(delivered.body)
      }
      const created = await runChange(journal, createChange, allowed)
      const { headers, body } = toCreatedAnswer(created, dependencies.config)
      return reply.code(201).headers(headers).send(body)
    },
  })
}
