import { hash } from 'node:crypto'
import type { MadeClient } from './made-clients.ts'
import type { Records } from './records.ts'
import {
  formerOf,
  type HandOut,
  inForce,
  isAlive,
  isMade,
  pingAccessUrl,
  type Settings,
  type Story,
  tokenOf,
  tokensOf,
} from './story.ts'

/** What was promised to a caller is so, in PingFederate and in the database: of its client, and of every secret. */
export const compareStory = (story: Story, made: readonly MadeClient[], records: Records): string[] => {
  const about = (text: string) => `${story.clientId} under ${story.key}: ${text}`
  if (!isMade(story)) return (story.isRefused ? story.wrong : ['has not ended']).map(about)
  const client = made.find(each => each.clientId === story.clientId)
  const claims = [
    ...(story.isRetired ? claimGone(story, client, records) : claimThere(story, client, records)),
    ...story.handOuts.flatMap(handOut => claimHandOut(story, handOut, records)),
  ]
  return [...claims.flatMap(([what, holds]) => (holds ? [] : [what])), ...story.wrong].map(about)
}

/** What would be wrong, and whether it is right. */
type Claim = [string, boolean]

const claimThere = (story: Story, client: MadeClient | undefined, records: Records): Claim[] => [
  ...claimClient(story, client, records),
  ...claimSettings(story, client, records),
  ...claimFormer(story, client, records),
]

/** What was deleted is nowhere any more, and one operation has done it. */
const claimGone = (
  { clientId }: Story,
  client: MadeClient | undefined,
  { clients, operations }: Records,
): Claim[] => {
  const deletes = operations.filter(
    each => each.client_id === clientId && each.kind === 'delete' && each.state === 'done',
  )
  return [
    ['was deleted and is in PingFederate', client === undefined],
    ['was deleted and is in the database', clients.every(row => row.client_id !== clientId)],
    ['was not deleted by exactly one operation', deletes.length === 1],
  ]
}

/** Every 201 that was ever received is the one client of its key. */
const claimClient = (story: Story, client: MadeClient | undefined, records: Records): Claim[] => {
  const { clients, operations } = records
  const row = clients.find(each => each.client_id === story.clientId)
  const operation = operations.find(each => each.operation_id === row?.operation_id)
  const handsOut = ['create', 'rotate'].includes(String(operation?.kind))
  const answers = story.handOuts.flatMap(({ created }) => created)
  const rotations = operations.filter(
    each => each.client_id === story.clientId && each.kind === 'rotate' && each.state === 'done',
  )
  return [
    ['was answered 201 and is not in PingFederate', client !== undefined],
    ['has other redirect URIs', client?.redirectUris.join() === `${pingAccessUrl}/pa/oidc/cb`],
    ['was answered 201 and is not in the database', row !== undefined],
    ['was answered 201 and its operation is not done', operation?.state === 'done'],
    ['was refused as well as created', !story.isRefused],
    ['was answered about another client', answers.every(each => each['clientId'] === story.clientId)],
    [
      'has another secret in force',
      row?.retrieval_id === findRetrieval(inForce(story), records)?.retrieval_id,
    ],
    ['was made by another change', !handsOut || operation?.retrieval_id === row?.retrieval_id],
    ['has not one rotation for each that was answered', rotations.length === formerOf(story).length],
  ]
}

/** What was answered last is what the database has and what PingFederate has, and every change of it has raised the version. */
const claimSettings = (story: Story, client: MadeClient | undefined, records: Records): Claim[] => {
  const row = records.clients.find(each => each.client_id === story.clientId)
  const stored = { ...JSON.parse(row?.settings ?? '{}'), name: row?.name }
  const isOf = ({ client_id: clientId }: { client_id: string }) => clientId === story.clientId
  const updates = records.operations.filter(
    each => isOf(each) && each.kind === 'update' && each.state === 'done',
  )
  const accepted = records.events.filter(each => isOf(each) && each.action === 'client.accept')
  return [
    ...Object.entries(story.settings).flatMap(([name, value]): Claim[] => [
      [`has another ${name} in the database`, stored[name] === value],
      [`has another ${name} in PingFederate`, client?.settings[name as keyof Settings] === value],
    ]),
    ['has another version than was answered last', Number(row?.version) === story.version],
    ['has not one version for each change', Number(row?.version) === 1 + updates.length + accepted.length],
  ]
}

/** PingFederate, the database and the answers agree whether a former secret still works. */
const claimFormer = (story: Story, client: MadeClient | undefined, records: Records): Claim[] => {
  const alive = formerOf(story).map(isAlive)
  const sure = alive.filter(each => each === true).length
  const possible = alive.filter(each => each !== false).length
  const inPingFederate = client?.formerSecrets ?? 0
  const known = findRetrieval(inForce(story), records)?.previous_ends_at
  return [
    ['has former secrets that have ended', inPingFederate <= possible],
    ['lacks former secrets that should work', inPingFederate >= sure],
    ['has former secrets of which the database knows otherwise', inPingFederate > 0 === (known !== null)],
  ]
}

const claimHandOut = (story: Story, handOut: HandOut, records: Records): Claim[] => {
  const retrieval = findRetrieval(handOut, records)
  const makers = records.operations.filter(each => each.retrieval_id === retrieval?.retrieval_id)
  const [maker] = makers
  const isOne = makers.length === 1 && maker?.kind === handOut.kind && maker.state === 'done'
  return [
    ['was given not exactly one token', tokensOf(handOut.created).length === 1],
    ['was given a token that not exactly one operation made', isOne],
    ['was delivered twice', handOut.redeemed.length <= 1],
    [`is ${retrieval?.state} in the database`, toStates(story, handOut).includes(String(retrieval?.state))],
  ]
}

/** The row of a token has its digest in its id. */
const findRetrieval = (handOut: HandOut, { retrievals }: Records) => {
  const digest = hash('sha256', tokenOf(handOut) ?? '', 'base64url')
  return retrievals.find(({ retrieval_id: id }) => id.endsWith(`-${digest}`))
}

/** The states that the hand-out can be in by what the caller knows. */
const toStates = (story: Story, handOut: HandOut): string[] => {
  const { redeemed, lostRedemptions, isRevoked } = handOut
  if (redeemed.length > 0) return ['redeemed']
  const isDead = isRevoked || story.isRetired || formerOf(story).includes(handOut)
  return [
    isDead ? 'revoked' : 'outstanding',
    ...(lostRedemptions > 0 ? ['redeemed'] : []),
    ...(story.lostRevocations > 0 ? ['revoked'] : []),
  ]
}
