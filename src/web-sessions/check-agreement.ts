import type { FastifyBaseLogger } from 'fastify'
import { logTexts } from '../log.ts'
import { PingAccessFailure } from '../pingaccess/failure.ts'
import type { PingAccess } from '../pingaccess/ping-access.ts'
import { toPingAccessProblem } from '../pingaccess/to-problem.ts'
import { toSettings } from '../pingfederate/client-fields.ts'
import type { NewClient } from '../pingfederate/client-settings.ts'
import { asFailure, PingFederateFailure } from '../pingfederate/failure.ts'
import { toLoginFields } from '../pingfederate/login-fields.ts'
import type { PingFederate } from '../pingfederate/ping-federate.ts'
import type { Runtime } from '../pingfederate/runtime.ts'
import { toProblem } from '../pingfederate/to-problem.ts'
import type { TokenProviderReader } from '../pingfederate/token-provider.ts'
import type { ProblemCode } from '../problem.ts'
import { compareAgreement } from './compare-agreement.ts'
import type { LiveClient, LivePingAccess } from './compared-row.ts'
import type { LiveAgreement } from './live-agreement-schema.ts'

export type AgreementDependencies = {
  pingAccess: Pick<
    PingAccess,
    | 'listWebSessions'
    | 'listApplications'
    | 'listVirtualHosts'
    | 'listIdentityMappings'
    | 'getReservedContextRoot'
    | 'getTokenProvider'
  >
  pingFederate: Pick<PingFederate, 'findClient'>
  runtime: Pick<Runtime, 'urls'>
  tokenProvider: TokenProviderReader
  log: Pick<FastifyBaseLogger, 'warn'>
}

type Client = Pick<NewClient, 'clientId' | 'team' | 'settings'>

/** Reads both servers once, all at the same time, and compares what they have. A server that fails is told and never thrown. */
export const checkAgreement = async (
  client: Client,
  dependencies: AgreementDependencies,
): Promise<LiveAgreement> => {
  try {
    const [found, pingAccess, issuer] = await Promise.all([
      readClient(client, dependencies),
      readPingAccess(dependencies),
      readIssuer(dependencies),
    ])
    return compareAgreement({ recorded: client, client: found, pingAccess, issuer })
  } catch (err) {
    const reason = toReason(err)
    dependencies.log.warn({ err }, logTexts.agreementUnread)
    return { state: 'not_readable', reason, webSessions: [], agreement: [] }
  }
}

/** @throws what is no failure of either server, as it is */
const toReason = (error: unknown): ProblemCode => {
  if (error instanceof PingAccessFailure) return toPingAccessProblem(error).code
  if (error instanceof PingFederateFailure) return toProblem(error).code
  throw error
}

const readClient = async (
  { clientId, team }: Client,
  { pingFederate }: Pick<AgreementDependencies, 'pingFederate'>,
): Promise<LiveClient | undefined> => {
  const found = await pingFederate.findClient(clientId)
  const body = found?.raw.reveal()
  return body && { ...toSettings(body, { team }), ...toLoginFields(body) }
}

const readPingAccess = async ({
  pingAccess,
}: Pick<AgreementDependencies, 'pingAccess'>): Promise<LivePingAccess> => {
  const [webSessions, applications, virtualHosts, identityMappings, reservedContextRoot, tokenProvider] =
    await Promise.all([
      pingAccess.listWebSessions(),
      pingAccess.listApplications(),
      pingAccess.listVirtualHosts(),
      pingAccess.listIdentityMappings(),
      pingAccess.getReservedContextRoot(),
      pingAccess.getTokenProvider(),
    ])
  return { webSessions, applications, virtualHosts, identityMappings, reservedContextRoot, tokenProvider }
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
