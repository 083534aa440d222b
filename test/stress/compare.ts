import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { type Records, readRecords } from './records.ts'
import { type Answered, type Send, sendUntilTaken } from './send.ts'
import { pingAccessUrl, type Story, tokenOf } from './story.ts'

type Surroundings = { sandbox: Sandbox; databaseUrl: string; send: Send }

const marker = /\[web-session-clients ([0-9a-f-]{36})\]$/

type MadeClient = { clientId: string; operationId: string; redirectUris: readonly string[] }

const readMadeClients = ({ pingFederate }: Sandbox): MadeClient[] =>
  pingFederate.clients().flatMap(({ clientId, description, redirectUris }) => {
    const [, operationId] = marker.exec(description ?? '') ?? []
    return operationId === undefined ? [] : [{ clientId, operationId, redirectUris }]
  })

/**
 * Compares what callers were answered, what PingFederate has and what the database holds, three sources that know
 * nothing of each other; redeems what is left, and tries every secret at PingFederate. Nothing may run any more but the
 * service itself.
 * @returns one sentence for each difference
 */
export const findDifferences = async (
  stories: readonly Story[],
  { sandbox, databaseUrl, send }: Surroundings,
): Promise<string[]> => {
  const records = await readRecords(databaseUrl)
  const made = readMadeClients(sandbox)
  const differences = [
    ...compareMade(made, records),
    ...compareRecords(stories, records),
    ...stories.flatMap(story => compareStory(story, made, records)),
    ...compareIds(stories),
  ]
  for (const story of stories.filter(({ created }) => created.length > 0))
    differences.push(...(await compareSecret(story, { sandbox, send })))
  const secrets = stories.flatMap(({ redeemed }) => redeemed.map(({ clientSecret }) => clientSecret))
  if (new Set(secrets).size !== secrets.length) differences.push('a secret was delivered twice')
  return differences
}

/** A client in PingFederate with our marker and a client in the database are one and the same. */
const compareMade = (made: readonly MadeClient[], { clients, operations }: Records): string[] => {
  const inPingFederate = new Map(made.map(each => [each.clientId, each]))
  const known = new Set(operations.map(({ operation_id: id }) => id))
  return [
    ...made
      .filter(({ operationId }) => !known.has(operationId))
      .map(({ clientId }) => `${clientId} in PingFederate has a marker and no operation`),
    ...made
      .filter(each => !clients.some(row => row.client_id === each.clientId))
      .map(({ clientId }) => `${clientId} is in PingFederate and not in the database`),
    ...clients
      .filter(row => inPingFederate.get(row.client_id)?.operationId !== row.operation_id)
      .map(row => `${row.client_id} in the database is not the one in PingFederate`),
  ]
}

/** Everything has ended, and nothing was made that no caller was told of. */
const compareRecords = (
  stories: readonly Story[],
  { clients, operations, remembered }: Records,
): string[] => {
  const told = new Set(stories.flatMap(({ created }) => created.map(({ clientId }) => clientId)))
  const ended = new Set(operations.filter(({ state }) => state !== 'intended').map(each => each.operation_id))
  const done = operations.filter(({ state }) => state === 'done').map(each => each.client_id)
  const links = stories.flatMap(each => each.operations).map(link => link.replace('/operations/', ''))
  return [
    ...operations.filter(each => !ended.has(each.operation_id)).map(each => `${each.operation_id} is open`),
    ...links.filter(id => !ended.has(id)).map(id => `${id} was named to a caller and has not ended`),
    ...clients.filter(row => row.state !== 'active').map(row => `${row.client_id} is ${row.state}`),
    ...clients.filter(row => !told.has(row.client_id)).map(row => `nobody was told of ${row.client_id}`),
    ...repeated(done).map(clientId => `${clientId} was made by two operations`),
    ...repeated(remembered.map(row => row.operation_id)).map(id => `${id} has two keys`),
  ]
}

const repeated = (values: readonly string[]): string[] =>
  values.filter((value, index) => values.indexOf(value) !== index)

/** Every 201 that was ever received is the one client of its key, in PingFederate and in the database. */
const compareStory = (
  story: Story,
  made: readonly MadeClient[],
  { clients, operations, retrievals }: Records,
): string[] => {
  const { clientId, created } = story
  const about = (text: string) => `${clientId} under ${story.key}: ${text}`
  if (created.length === 0) return story.isRefused ? story.wrong.map(about) : [about('has not ended')]
  const row = clients.find(each => each.client_id === clientId)
  const operation = operations.find(each => each.operation_id === row?.operation_id)
  const retrieval = retrievals.find(each => each.retrieval_id === row?.retrieval_id)
  const client = made.find(each => each.clientId === clientId)
  const tokens = new Set(created.map(tokenOf).filter(token => token !== null))
  const claims: [string, boolean][] = [
    ['was answered 201 and is not in PingFederate', client !== undefined],
    ['has other redirect URIs', client?.redirectUris.join() === `${pingAccessUrl}/pa/oidc/cb`],
    ['was answered 201 and is not in the database', row !== undefined],
    ['was answered 201 and its operation is not done', operation?.state === 'done'],
    ['was refused as well as created', !story.isRefused],
    ['was answered about another client', created.every(each => each['clientId'] === clientId)],
    ['was given not exactly one token', tokens.size === 1],
    ['was delivered twice', story.redeemed.length <= 1],
    [`is ${retrieval?.state} in the database`, toStates(story).includes(String(retrieval?.state))],
  ]
  return [...claims.flatMap(([what, holds]) => (holds ? [] : [about(what)])), ...story.wrong.map(about)]
}

/** The states that the hand-out can be in by what the caller knows. */
const toStates = ({ redeemed, lostRedemptions, isRevoked }: Story): string[] => {
  if (redeemed.length > 0) return ['redeemed']
  const known = isRevoked ? 'revoked' : 'outstanding'
  return lostRedemptions > 0 ? ['redeemed', known] : [known]
}

/** Of those who wanted one client id one got it, and the others were told so. */
const compareIds = (stories: readonly Story[]): string[] => {
  const owners = stories.filter(({ created }) => created.length > 0).map(({ clientId }) => clientId)
  return [
    ...repeated(owners).map(clientId => `${clientId} was given to two keys`),
    ...stories
      .filter(({ isRefused, clientId }) => isRefused && !owners.includes(clientId))
      .map(({ clientId }) => `${clientId} was refused as taken and nobody has it`),
  ]
}

/** Redeems a token that is left; afterwards it is gone, and the secret is the one in PingFederate. */
const compareSecret = async (
  story: Story,
  { sandbox, send }: Pick<Surroundings, 'sandbox' | 'send'>,
): Promise<string[]> => {
  const { clientId, created, redeemed } = story
  const token = created.map(tokenOf).find(each => each !== null)
  const redeem = () => sendUntilTaken(send, { method: 'POST', path: '/secret-retrievals', body: { token } })
  const last = await redeem()
  const isLeft = redeemed.length === 0 && story.lostRedemptions === 0 && !story.isRevoked
  if (last?.status === 200) redeemed.push(last.body)
  const again = await redeem()
  const secret = redeemed[0]?.['clientSecret']
  const accepted = secret === undefined || (await isAccepted(sandbox, clientId, String(secret)))
  return [
    ...(isLeft && last?.status !== 200 ? [`${clientId}: what was left could not be redeemed`] : []),
    ...(redeemed.length > 1 ? [`${clientId}: the secret was delivered twice`] : []),
    ...(again?.status === 410 ? [] : [`${clientId}: the token is not gone`]),
    ...(accepted ? [] : [`${clientId}: PingFederate does not accept the secret that was delivered`]),
  ]
}

/** Whether PingFederate's token endpoint knows the client by the secret; a code that nobody was given comes after that. */
const isAccepted = async ({ issuer }: Sandbox, clientId: string, secret: string): Promise<boolean> => {
  const credentials = Buffer.from(`${clientId}:${secret}`).toString('base64')
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'nobodys',
      redirect_uri: pingAccessUrl,
    }),
  })
  const { error } = (await answer.json()) as Answered['body']
  return error === 'invalid_grant'
}
