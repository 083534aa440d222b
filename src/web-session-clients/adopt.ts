import { Type } from 'typebox'
import { type Actor, actorOf } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import { cursorRefused, decodeCursor } from '../http/cursor.ts'
import type { App } from '../http/route.ts'
import { toValidationProblem } from '../http/validation.ts'
import { clientsPerPage } from '../pingfederate/client-calls.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import type { ClientInPingFederate } from '../pingfederate/oauth-client.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import { adoptClient } from './adopt-client.ts'
import { adoptionDocument } from './adoption-document.ts'
import { notFound, planAdoption, taken, toRefused } from './adoption-plan.ts'
import type { Adoption, AdoptWebSessionClients } from './adoption-schema.ts'
import { toPlannedClient, toWebSessionClient } from './client-row.ts'
import type { CreateRules } from './plan.ts'
import { findTaken } from './taken.ts'

export type AdoptDependencies = {
  store: AuditedStore
  pingFederate: Pick<PingFederate, 'findClient' | 'listClients'>
  config: CreateRules
  newId: () => string
}

const schema = {
  operationId: 'adoptWebSessionClients',
  tags: ['web session clients'],
  summary: 'Adopt clients that PingFederate has already',
  description: adoptionDocument.description,
  querystring: adoptionDocument.querystring,
  body: Type.Unsafe<AdoptWebSessionClients>(Type.Ref('AdoptWebSessionClients')),
  response: { 200: adoptionDocument.adoptions },
}

/** `POST /adoptions` */
export const adoptWebSessionClients = (app: App, dependencies: AdoptDependencies): void => {
  app.route({
    method: 'POST',
    url: '/adoptions',
    config: {
      scope: 'web-session-clients:admin',
      action: 'client.adopt',
      problems: adoptionDocument.problems,
    },
    schema,
    handler: async (request, reply) => {
      const { body, query } = request
      const { pingFederate } = dependencies
      const { found, nextCursor } = await findAsked(pingFederate, body, query.cursor)
      const adopting = {
        ...{ actor: { ...actorOf(request), asAdmin: true as const }, team: body.team },
        ...{ isDryRun: query.dryRun === true, isNamed: body.clientIds !== undefined },
      }
      const items: Adoption[] = []
      for (const [clientId, client] of found)
        items.push(client ? await adopt(dependencies, client, adopting) : toRefused(clientId, notFound))
      return reply.code(200).send({ items, nextCursor })
    },
  })
}

type Found = { found: [string, ClientInPingFederate | undefined][]; nextCursor: string | null }

/** @throws Problem `validation_failed`, or what became of the look */
const findAsked = async (
  pingFederate: AdoptDependencies['pingFederate'],
  { clientIds, filter }: AdoptWebSessionClients,
  cursor: string | undefined,
): Promise<Found> => {
  if ((clientIds === undefined) === (filter === undefined)) throw eitherOr()
  const look = async (): Promise<Found> => {
    if (filter !== undefined) return listAsked(pingFederate, filter, cursor)
    const found: Found['found'] = []
    for (const id of clientIds ?? []) found.push([id, await pingFederate.findClient(id)])
    return { found, nextCursor: null }
  }
  return look().catch(error => {
    const failure = asFailure(error)
    throw failure instanceof PingFederateFailure ? toProblem(failure) : failure
  })
}

const listAsked = async (
  { listClients }: Pick<PingFederate, 'listClients'>,
  filter: string,
  cursor: string | undefined,
): Promise<Found> => {
  const page = cursor === undefined ? 1 : Number(decodeCursor(cursor))
  if (!(Number.isInteger(page) && page > 0)) throw cursorRefused()
  const clients = await listClients(page, filter)
  const isFull = clients.length >= clientsPerPage
  return {
    found: clients.map(client => [client.clientId, client]),
    nextCursor: isFull ? Buffer.from(String(page + 1)).toString('base64url') : null,
  }
}

type Adopting = { actor: Actor; team: string; isDryRun: boolean; isNamed: boolean }

const adopt = async (
  { store, config, newId }: AdoptDependencies,
  found: ClientInPingFederate,
  { actor, team, isDryRun, isNamed }: Adopting,
): Promise<Adoption> => {
  const { clientId } = found
  if (await findTaken(store.db, clientId)) return toRefused(clientId, taken)
  const plan = planAdoption(found, { team, config, isNamed })
  if ('reason' in plan) return toRefused(clientId, plan)
  const { client, differences } = plan
  if (isDryRun) {
    const planned = toPlannedClient(client, { now: store.now(), createdBy: actor.principal.subject })
    return { ...adoptable, clientId, client: planned, differences }
  }
  const row = await adoptClient(store, { client, found, actor, id: newId() })
  if (!row) return toRefused(clientId, taken)
  return { ...adopted, clientId, client: toWebSessionClient(row), differences }
}

const adoptable = { outcome: 'adoptable', reason: null, detail: 'It would be recorded as it is.' } as const
const adopted = { outcome: 'adopted', reason: null, detail: 'It is recorded as it is.' } as const

const eitherOr = () =>
  toValidationProblem([
    {
      ...{ in: 'body', pointer: '', rule: 'either_or' },
      detail: 'The clients are named by clientIds or by filter, and not by both.',
      fix: 'Send one of the two.',
    },
  ])
