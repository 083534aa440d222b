import type { PingAccessReads } from '../pingaccess/ping-access.ts'
import type { PingFederateFailure } from '../pingfederate/failure.ts'
import { checkPingAccess } from './check-ping-access.ts'
import { checkPingFederate, type PingFederateReads } from './check-ping-federate.ts'
import { checkRuntime, findIssuer } from './check-runtime.ts'
import type { Checked } from './warning-schema.ts'

export type InstallationDependencies = {
  pingFederate: PingFederateReads
  /** Of each runtime node the issuer that it names, or why it names none; none where none are configured. */
  readIssuers: (signal: AbortSignal) => Promise<(string | PingFederateFailure)[]>
  /** For whoever must not spend a try of refused credentials; undefined where PingAccess is not configured. */
  pingAccess: PingAccessReads | undefined
  config: { pingAccess: { callbackPath: string } }
}

/** Everything that is read of the installation, each part at the same time; what is not configured is not asked. */
export const checkInstallation = async (
  { pingFederate, readIssuers, pingAccess, config }: InstallationDependencies,
  signal: AbortSignal,
): Promise<Checked[]> => {
  const issuers = readIssuers(signal)
  const ofPingAccess = async () => {
    if (pingAccess === undefined) return []
    const { callbackPath } = config.pingAccess
    return [await checkPingAccess(pingAccess, { callbackPath, issuer: findIssuer(await issuers) })]
  }
  const [one, nodes, others] = await Promise.all([checkPingFederate(pingFederate), issuers, ofPingAccess()])
  return [one, ...(nodes.length === 0 ? [] : [{ found: checkRuntime(nodes), unread: [] }]), ...others]
}
