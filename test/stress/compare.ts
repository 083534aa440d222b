import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { compareEvents } from './compare-events.ts'
import { compareStory } from './compare-story.ts'
import { isAccepted, type MadeClient, readMadeClients } from './made-clients.ts'
import { type Records, readRecords } from './records.ts'
import { type Send, sendUntilTaken } from './send.ts'
import { formerOf, type HandOut, isAlive, isMade, type Story, tokenOf } from './story.ts'

type Surroundings = { sandbox: Sandbox; databaseUrl: string; send: Send }

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
  const made = await readMadeClients(sandbox)
  const differences = [
    ...compareMade(made, records),
    ...compareRecords(stories, records),
    ...compareEvents(records),
    ...stories.flatMap(story => compareStory(story, made, records)),
    ...compareIds(stories),
  ]
  for (const story of stories.filter(isMade)) {
    differences.push(...(await compareDrift(story, send)))
    for (const handOut of story.handOuts)
      differences.push(...(await compareSecret(story, handOut, { sandbox, send })))
  }
  const secrets = stories.flatMap(({ handOuts }) => handOuts.flatMap(secretsOf))
  if (new Set(secrets).size !== secrets.length) differences.push('a secret was delivered twice')
  return differences
}

/** The service itself finds PingFederate's client as it has set it, and one that was deleted not at all. */
const compareDrift = async ({ clientId, isRetired }: Story, send: Send): Promise<string[]> => {
  const path = `/web-session-clients/${clientId}/drift`
  const answer = await sendUntilTaken(send, { method: 'GET', path })
  const isAsTold = isRetired ? answer?.status === 404 : answer?.body['drifted'] === false
  return isAsTold ? [] : [`${clientId}: ${JSON.stringify(answer?.body)}`]
}

/** A client in PingFederate with our marker and a client in the database are one and the same. */
const compareMade = (made: readonly MadeClient[], { clients, operations }: Records): string[] => {
  const inPingFederate = new Map(made.map(each => [each.clientId, each]))
  const known = new Set(operations.map(({ operation_id: id }) => id))
  const rows = new Set(clients.map(row => row.client_id))
  return [
    ...made
      .filter(({ operationId }) => !known.has(operationId))
      .map(({ clientId }) => `${clientId} in PingFederate has a marker and no operation`),
    ...made
      .filter(each => !rows.has(each.clientId))
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
  const told = new Set(stories.filter(isMade).map(({ clientId }) => clientId))
  const ended = new Set(operations.filter(({ state }) => state !== 'intended').map(each => each.operation_id))
  const creates = operations.filter(({ kind, state }) => kind === 'create' && state === 'done')
  const links = stories.flatMap(each => each.operations).map(link => link.replace('/operations/', ''))
  return [
    ...operations.filter(each => !ended.has(each.operation_id)).map(each => `${each.operation_id} is open`),
    ...links.filter(id => !ended.has(id)).map(id => `${id} was named to a caller and has not ended`),
    ...clients.filter(row => row.state !== 'active').map(row => `${row.client_id} is ${row.state}`),
    ...clients.filter(row => !told.has(row.client_id)).map(row => `nobody was told of ${row.client_id}`),
    ...repeated(creates.map(each => each.client_id)).map(
      clientId => `${clientId} was made by two operations`,
    ),
    ...repeated(remembered.map(row => row.operation_id)).map(id => `${id} has two keys`),
  ]
}

const repeated = (values: readonly string[]): string[] =>
  values.filter((value, index) => values.indexOf(value) !== index)

/** Of those who wanted one client id one got it, and the others were told so. */
const compareIds = (stories: readonly Story[]): string[] => {
  const owners = stories.filter(isMade).map(({ clientId }) => clientId)
  return [
    ...repeated(owners).map(clientId => `${clientId} was given to two keys`),
    ...stories
      .filter(({ isRefused, clientId }) => isRefused && !owners.includes(clientId))
      .map(({ clientId }) => `${clientId} was refused as taken and nobody has it`),
  ]
}

const secretsOf = ({ redeemed }: HandOut): string[] =>
  redeemed.map(({ clientSecret }) => String(clientSecret))

/** Redeems a token that is left; afterwards it is gone, and PingFederate knows the secret as long as it should. */
const compareSecret = async (
  story: Story,
  handOut: HandOut,
  { sandbox, send }: Pick<Surroundings, 'sandbox' | 'send'>,
): Promise<string[]> => {
  const { clientId } = story
  const isLeft = isRedeemable(story, handOut)
  const body = { token: tokenOf(handOut) }
  const redeem = () => sendUntilTaken(send, { method: 'POST', path: '/secret-retrievals', body })
  const last = await redeem()
  if (last?.status === 200) handOut.redeemed.push(last.body)
  const again = await redeem()
  const claims: [string, boolean][] = [
    ['what was left could not be redeemed', isLeft !== true || last?.status === 200],
    ['a token that is dead still works', isLeft !== false || last?.status !== 200],
    ['the secret was delivered twice', handOut.redeemed.length <= 1],
    ['the token is not gone', again?.status === 410],
  ]
  const [secret] = secretsOf(handOut)
  if (secret !== undefined) {
    const isExpected = !story.isRetired && (formerOf(story).includes(handOut) ? isAlive(handOut) : true)
    const accepted = await isAccepted(sandbox, clientId, secret)
    claims.push(
      ['PingFederate does not accept the secret that was delivered', accepted || isExpected !== true],
      ['PingFederate accepts a secret that has ended', !accepted || isExpected !== false],
    )
  }
  return claims.flatMap(([what, holds]) => (holds ? [] : [`${clientId}: ${what}`]))
}

/** Whether a token that was not seen to be redeemed is to work by what its caller knows. */
const isRedeemable = (story: Story, handOut: HandOut): boolean | 'perhaps' => {
  const { redeemed, lostRedemptions, isRevoked } = handOut
  if (redeemed.length > 0 || isRevoked || story.isRetired || formerOf(story).includes(handOut)) return false
  return lostRedemptions + story.lostRevocations === 0 || 'perhaps'
}
