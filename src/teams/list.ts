import { anyScope, principalOf } from '../authentication/authenticate.ts'
import type { Store } from '../database/store.ts'
import { defaultPageSize } from '../http/page-size.ts'
import type { App } from '../http/route.ts'
import type { PolicyInForce } from '../policy/in-force.ts'
import type { Principal } from '../principal.ts'
import { findAllowed, type Installation } from './allowed.ts'
import { fromCursor, toCursor } from './cursor.ts'
import { listDocument } from './list-document.ts'
import { countUsage } from './usage.ts'

export type ListDependencies = {
  store: Pick<Store, 'db'>
  policy: Pick<PolicyInForce, 'current'>
  config: Installation
}

const schema = {
  operationId: 'listTeams',
  tags: ['teams'],
  summary: 'Who am I, and what may my teams do?',
  description: listDocument.description,
  querystring: listDocument.querystring,
  response: { 200: listDocument.page },
}

/** `GET /teams` */
export const listTeams = (app: App, { store, policy: { current }, config }: ListDependencies): void => {
  app.route({
    method: 'GET',
    url: '/teams',
    config: { scope: anyScope, action: 'team.list' },
    schema,
    handler: async (request, reply) => {
      const principal = principalOf(request)
      const { limit = defaultPageSize, cursor } = request.query
      const teams = findTeams(principal, cursor)
      const page = teams.slice(0, limit)
      const last = teams.length > limit ? page.at(-1) : undefined
      const policy = current()
      const usage = await countUsage(store, policy, page)
      return reply.code(200).send({
        caller: toCaller(principal),
        teams: usage.map(({ team, clients }) => ({ team, clients, ...findAllowed(policy, team, config) })),
        nextCursor: last === undefined ? null : toCursor(last),
      })
    },
  })
}

/** Those of the caller that follow the cursor, in the order of their names. */
const findTeams = ({ teams }: Principal, cursor: string | undefined): string[] => {
  const after = cursor === undefined ? '' : fromCursor(cursor)
  return teams.filter(team => team > after).toSorted()
}

const toCaller = ({ subject, clientId, actingParties, scopes }: Principal) => ({
  subject,
  clientId: clientId ?? null,
  actingParties: [...actingParties],
  scopes: [...scopes].toSorted(),
})
