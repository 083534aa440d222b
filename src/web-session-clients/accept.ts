import type { Kysely } from 'kysely'
import type { Actor } from '../audit/actor.ts'
import type { AuditedStore } from '../audit/record.ts'
import type { ClientRow, Database } from '../database/schema.ts'
import { becameFree, inProgress } from '../journal/problems.ts'
import { findOpen } from '../journal/read-operation.ts'
import { findCallbackBases } from '../ping-access-urls/callback.ts'
import { deriveRedirectUris } from '../ping-access-urls/redirect-uris.ts'
import { toSettings } from '../pingfederate/client-fields.ts'
import { findDifferences } from '../pingfederate/differences.ts'
import { type ClientInPingFederate, findMaker } from '../pingfederate/oauth-client.ts'
import { rulesOf } from '../policy/decide.ts'
import type { Policy } from '../policy/team-policy.ts'
import { type Difference, Problem } from '../problem.ts'
import { toNewClient } from './client-row.ts'
import type { Looked } from './find-ours.ts'
import type { CreateRules } from './plan.ts'
import { findUnfitFields } from './unfit-fields.ts'
import { planUpdate, type UpdatePlan } from './update-plan.ts'
import { toColumns } from './update-rows.ts'
import type { UpdateWebSessionClient } from './update-schema.ts'

type Given = { config: CreateRules; policy: Policy; actor: Actor }
type Ours = Extract<Looked, { kind: 'ours' }>

/**
 * Takes over what PingFederate has of a client, as an update that asks for it, without a write to PingFederate.
 * @throws Problem `not_allowed_by_policy`, `drift_not_acceptable`, `operation_in_progress`
 */
export const acceptDrift = async (
  { store }: { store: AuditedStore },
  { found, row, differences }: Ours,
  given: Given,
): Promise<ClientRow> => {
  const plan = planAccept({ found, row, differences }, given)
  if (plan.refusal) throw plan.refusal
  const marker = findMaker(found)
  const left = findDifferences(found, { ...plan.client, operationId: marker })
  if (left.length > 0) throw notAcceptable(left)
  const { actor } = given
  return store.write(async (trx, record) => {
    const accepted = await writeAccepted(trx, { row, plan, marker: marker ?? '' })
    await record(actor, {
      ...{ action: 'client.accept', outcome: 'done', rule: rulesOf(plan.decisions) },
      ...{ team: row.team, client_id: row.client_id },
    })
    return accepted
  })
}

/** The update that asks for what was found, as far as one can ask for it. */
const planAccept = (
  { found, row, differences }: Omit<Ours, 'kind'>,
  { config, policy, actor: { principal } }: Given,
): UpdatePlan => {
  const wanted = toWanted(differences, found, row, config)
  const { callbackUnder } = toNewClient(row).settings
  const { derived } = deriveRedirectUris(wanted.pingAccessUrls ?? [], { ...config.pingAccess, callbackUnder })
  return planUpdate({ asked: wanted, derived }, { config, policy, principal, row })
}

const toWanted = (
  differences: readonly Difference[],
  { description }: ClientInPingFederate,
  row: ClientRow,
  config: CreateRules,
): UpdateWebSessionClient => {
  const wanted: Record<string, unknown> = {}
  for (const { pointer, actual } of differences) {
    if (pointer === '/grantTypes') wanted['refreshTokens'] = (actual as string[]).includes('refresh_token')
    else if (pointer === '/redirectUris')
      wanted['pingAccessUrls'] = toPingAccessUrls(actual as string[], row, config)
    else if (pointer === '/description') wanted['description'] = toText(description, row)
    else wanted[pointer.slice(1)] = actual
  }
  return withoutUnfit(wanted)
}

/** The words of a description, without a marker; null where they are those of a client whose caller gave none. */
const toText = (description: string, { team }: Pick<ClientRow, 'team'>): string | null =>
  toSettings({ description }, { team }).description

/** Only what could be asked for by PATCH; what is left out differs afterwards, and is named by that. */
const withoutUnfit = (wanted: Record<string, unknown>): UpdateWebSessionClient => {
  const names = findUnfitFields(wanted)
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => !names.has(name)))
}

/** The PingAccess URLs behind redirect URIs: those that the client has, and for the others what is before the callback. */
const toPingAccessUrls = (
  redirectUris: readonly string[],
  row: ClientRow,
  { pingAccess }: CreateRules,
): string[] => {
  const { pingAccessUrls, callbackUnder, otherRedirectUris } = toNewClient(row).settings
  const { derived } = deriveRedirectUris(pingAccessUrls, { ...pingAccess, callbackUnder })
  const kept = derived.filter(({ redirectUri }) => redirectUris.includes(redirectUri))
  const known = new Set([...kept.map(({ redirectUri }) => redirectUri), ...otherRedirectUris])
  const unknown = redirectUris.filter(uri => !known.has(uri))
  const added = findCallbackBases(unknown, pingAccess.callbackPath)
  return [...kept.map(({ pingAccessUrl }) => pingAccessUrl), ...added]
}

type Accepted = { row: ClientRow; plan: UpdatePlan; marker: string }

/** Nothing where the client has been changed since it was compared, or is being changed. */
const writeAccepted = async (
  trx: Kysely<Database>,
  { row, plan: { client }, marker }: Accepted,
): Promise<ClientRow> => {
  const accepted = await trx
    .updateTable('client')
    .set({ ...toColumns(client), version: row.version + 1, operation_id: marker })
    .where('client_id', '=', row.client_id)
    .where('version', '=', row.version)
    .where('operation_id', '=', row.operation_id)
    .returningAll()
    .executeTakeFirst()
  if (!accepted) throw becameFree()
  // After the row is locked: a change that begins now waits for it, and sees what was accepted.
  const holder = await findOpen(trx, row.client_id)
  if (holder !== undefined) throw inProgress(holder)
  return accepted
}

const notAcceptable = (differences: Difference[]): Problem =>
  new Problem(
    'drift_not_acceptable',
    'What PingFederate has cannot be said in the fields of a web session client, so it cannot be taken over; nothing was changed. Set the client again (reapply), or change what differs in PingFederate first.',
    { differences },
  )
