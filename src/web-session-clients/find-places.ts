import { isDeepStrictEqual } from 'node:util'
import { refuseViolations } from '../http/validation.ts'
import { asPingAccessFailure } from '../pingaccess/failure.ts'
import { type AskedWebSession, mergeWebSession } from '../pingaccess/merge-web-session.ts'
import { toPingAccessProblem } from '../pingaccess/to-problem.ts'
import { chooseWebSession, toWebSession, type WebSessionDefaults } from '../pingaccess/web-session.ts'
import type { WebSessionInPingAccess } from '../pingaccess/web-session-calls.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import type { Json } from '../pingfederate/json.ts'
import { Problem, type Violation } from '../problem.ts'
import type { PlannedDelivery } from './deliver-schema.ts'
import { notConfigured, notPublished } from './delivery-problems.ts'
import type { Upstream } from './upstream.ts'

/** A web session that is about to get the secret: its id, where it exists, its body without the secret, and what of that would be set. */
export type PlannedWebSession = PlannedDelivery & { body: Json }

/** What is told of it. */
export const toPlannedAnswer = ({ body, ...planned }: PlannedWebSession): PlannedDelivery => planned

type Asked = {
  client: NewClient
  asked: AskedWebSession
  /** Where the caller's body has what was asked. */
  pointer: string
}

/**
 * The web sessions that are to get the secret of a client: all that use the client already, else a new one. It is the
 * client id that they are found by, because a web session has no room for a marker.
 * @throws Problem `pingaccess_not_configured`, `web_session_taken`, `validation_failed`, `not_published`, or why PingAccess could not be read
 */
export const findPlaces = async (
  { pingAccess, replication, isPublishing }: Pick<Upstream, 'pingAccess' | 'replication' | 'isPublishing'>,
  { client, asked, pointer }: Asked,
): Promise<PlannedWebSession[]> => {
  if (!pingAccess) throw notConfigured()
  const all = await pingAccess.findWebSessions().catch(error => {
    throw toPingAccessProblem(asPingAccessFailure(error))
  })
  const own = all.filter(({ clientId }) => clientId === client.clientId)
  const planned =
    own.length > 0 ? own.map(each => merge(each, client, asked)) : [toNew(client, asked, pingAccess.defaults)]
  const others = all.filter(({ clientId }) => clientId !== client.clientId)
  refuseForeignName(planned, others)
  refuseViolations([...findSharedAudiences(planned, others, pointer), ...findSeveral(own, asked, pointer)])
  if (isInUse(planned) && !isPublishing && (await replication.statusAfterSave()) === 'replicating')
    throw notPublished()
  return planned
}

/** Whether people may be logging in with the client's secret. */
export const isInUse = (places: readonly PlannedWebSession[]): boolean => places.some(({ id }) => id !== null)

const merge = (
  { id, name, audience, raw }: WebSessionInPingAccess,
  client: NewClient,
  asked: AskedWebSession,
): PlannedWebSession => {
  const former = raw.reveal()
  const body = mergeWebSession(former, client, asked)
  const changed = Object.keys(body).filter(field => !isDeepStrictEqual(body[field], former[field]))
  return {
    id,
    name: asked.name ?? name,
    audience: asked.audience ?? audience,
    body,
    settings: toSettings(client, asked, {}).filter(({ pointer }) => changed.includes(pointer.slice(1))),
  }
}

const toNew = (
  client: NewClient,
  asked: AskedWebSession,
  defaults: WebSessionDefaults,
): PlannedWebSession => {
  const chosen = toWebSession(chooseWebSession(client, defaults))
  const { name = chosen.name, audience = chosen.audience } = asked
  const settings = toSettings(client, asked, defaults)
  return { id: null, name, audience, body: { ...chosen, name, audience }, settings }
}

/** Every value that a new web session has, with its source; that of the secret is not among them. */
const toSettings = (
  client: NewClient,
  asked: AskedWebSession,
  defaults: WebSessionDefaults,
): PlannedDelivery['settings'] =>
  Object.entries(chooseWebSession(client, defaults)).map(([field, choice]) => {
    const sent = field === 'name' || field === 'audience' ? asked[field] : undefined
    return sent === undefined
      ? { pointer: `/${field}`, ...choice }
      : { pointer: `/${field}`, value: sent, source: 'request' as const, reason: 'You sent it.' }
  })

/** Whoever uses another client has a web session of that name, and overwriting its credentials would lock people out. */
const refuseForeignName = (
  planned: readonly PlannedWebSession[],
  others: readonly WebSessionInPingAccess[],
): void => {
  const taken = planned.find(({ name }) => others.some(other => other.name === name))
  if (!taken) return
  throw new Problem(
    'web_session_taken',
    `PingAccess has a web session named ${taken.name} that uses another client; nothing was changed. Send another name, or have the PingAccess administrator set the client id of that web session.`,
  )
}

/**
 * PingAccess accepts the tokens of one web session in another of the same audience. One that has been shared before is
 * the PingAccess administrator's, and stays as it is.
 */
const findSharedAudiences = (
  planned: readonly PlannedWebSession[],
  others: readonly WebSessionInPingAccess[],
  pointer: string,
): Violation[] =>
  planned
    .filter(
      ({ audience, settings }) =>
        settings.some(({ pointer }) => pointer === '/audience') &&
        others.some(other => other.audience === audience),
    )
    .map(({ audience }) => ({
      ...{ in: 'body', pointer: `${pointer}/audience`, rule: 'audience_taken', value: audience },
      detail: 'Another web session has this audience, and would accept the logins of this one.',
      fix: 'Send an audience that no other web session has.',
    }))

const findSeveral = (
  own: readonly WebSessionInPingAccess[],
  asked: AskedWebSession,
  pointer: string,
): Violation[] =>
  own.length < 2
    ? []
    : (['name', 'audience'] as const)
        .filter(field => asked[field] !== undefined)
        .map(field => ({
          ...{ in: 'body', pointer: `${pointer}/${field}`, rule: 'several_web_sessions' },
          detail: `${own.length} web sessions use this client, and all of them get its secret.`,
          fix: `Leave ${field} out, and change it in PingAccess.`,
        }))
