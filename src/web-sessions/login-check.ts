import { Type } from 'typebox'
import { principalOf } from '../authentication/authenticate.ts'
import { ClientId } from '../client-id.ts'
import type { Store } from '../database/store.ts'
import type { App } from '../http/route.ts'
import { createSlots } from '../pingfederate/slots.ts'
import { toNewClient } from '../web-session-clients/client-row.ts'
import { getClient } from '../web-session-clients/get.ts'
import { type CheckDependencies, checkLogin } from './check-login.ts'
import { loginCheckDocument } from './login-check-document.ts'
import { requireNodes } from './require-nodes.ts'

export type LoginCheckDependencies = Omit<CheckDependencies, 'timeoutMs'> & {
  store: Pick<Store, 'db'>
  config: { pingFederate: { timeoutMs: number } }
}

/** A check has one request at a time at each node, so a node has as many of this service's process as there are checks. */
const checksAtOnce = 4
/** Others wait for the time in which a check is usually over. */
const waitingChecks = 16
const waitMs = 2_000

const schema = {
  operationId: 'checkClientLogin',
  tags: ['web sessions'],
  summary: 'Ask every runtime node whether people can log in',
  description: loginCheckDocument.description,
  params: Type.Object({ clientId: ClientId }),
  response: { 200: loginCheckDocument.check },
}

/** `GET /web-session-clients/{clientId}/login-check` */
export const checkClientLogin = (app: App, { store, config, ...others }: LoginCheckDependencies): void => {
  const slots = createSlots(checksAtOnce, waitingChecks, waitMs)
  const { timeoutMs } = config.pingFederate
  app.route({
    method: 'GET',
    url: '/web-session-clients/:clientId/login-check',
    config: {
      scope: 'web-session-clients:read',
      action: 'web-session.check-login',
      problems: loginCheckDocument.problems,
    },
    schema,
    handler: async (request, reply) => {
      const row = await getClient(store.db, principalOf(request), request.params.clientId)
      requireNodes(others.runtime)
      const check = () => checkLogin(toNewClient(row), { ...others, timeoutMs })
      return reply.code(200).send(await slots.take(check))
    },
  })
}
