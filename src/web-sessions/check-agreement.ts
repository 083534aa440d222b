import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from '../log.ts'
import { PingAccessFailure } from '../pingaccess/failure.ts'
import { toPingAccessProblem } from '../pingaccess/to-problem.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Runtime } from '../pingfederate/runtime.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import type { TokenProviderReader } from '../pingfederate/token-provider.ts'
import type { ProblemCode } from '../problem.ts'
import { compareAgreement } from './compare-agreement.ts'
import type { LiveAgreement } from './live-agreement-schema.ts'
import { type ReadPingAccess, readPingAccess, toLiveClient } from './read-live.ts'

export type AgreementDependencies = {
  pingAccess: ReadPingAccess
  pingFederate: Pick<PingFederate, 'findClient' | 'readPolicyAttributes'>
  runtime: Pick<Runtime, 'urls'>
  tokenProvider: TokenProviderReader
  log: Pick<FastifyBaseLogger, 'warn'>
}

type Client = Pick<NewClient, 'clientId' | 'team' | 'settings'>

/**
 * Reads both servers once, all at the same time, and compares what they have. A server that fails is told and never
 * thrown.
 */
export const checkAgreement = async (
  client: Client,
  { pingAccess, pingFederate, log, ...others }: AgreementDependencies,
): Promise<LiveAgreement> => {
  try {
    const [found, policies, live, issuer] = await Promise.all([
      pingFederate.findClient(client.clientId),
      pingFederate.readPolicyAttributes(),
      readPingAccess(pingAccess),
      readIssuer(others),
    ])
    const inPingFederate = found && toLiveClient(found, client)
    return compareAgreement({
      ...{ recorded: client, client: inPingFederate },
      ...{ policies, pingAccess: live, issuer },
    })
  } catch (err) {
    return toUnreadable(err, log)
  }
}

/** What is told of a failure of either server, which is logged. @throws what is none, as it is */
export const toUnreadable = (err: unknown, log: AgreementDependencies['log']): LiveAgreement => {
  const reason = toReason(err)
  log.warn({ err }, logTexts.agreementUnread)
  return { state: 'not_readable', reason, webSessions: [], agreement: [] }
}

const toReason = (error: unknown): ProblemCode => {
  if (error instanceof PingAccessFailure) return toPingAccessProblem(error).code
  if (error instanceof PingFederateFailure) return toProblem(error).code
  throw error
}

/** null where no runtime node is configured, or none answers: everything else can be compared without it. */
const readIssuer = async ({
  runtime,
  tokenProvider,
}: Pick<AgreementDependencies, 'runtime' | 'tokenProvider'>): Promise<string | null> => {
  if (runtime.urls.length === 0) return null
  const found = await tokenProvider.read().catch(asFailure)
  return found instanceof PingFederateFailure ? null : found.issuer
}
