import type { FastifyBaseLogger } from 'fastify'
import { toAuditLog } from '../audit/announce.ts'
import { logTexts } from '../log.ts'
import { readPolicy } from './read.ts'
import type { PolicySource } from './setting.ts'
import type { Policy } from './team-policy.ts'

export type PolicyInForce = {
  /** Ask once per request, so that one request is decided by one policy. */
  current: () => Policy
  /** Reads the file again. */
  reload: () => void
}

/**
 * The policy that decides at the moment. A file that is refused on reload is logged with every problem and changes
 * nothing. Which policy decides belongs to the audit trail of its decisions, so those lines are written whatever the log is set to.
 */
export const createPolicyInForce = (
  { policy: first, file }: PolicySource,
  log: FastifyBaseLogger,
): PolicyInForce => {
  const auditLog = toAuditLog(log)
  let policy = first
  if (file) auditLog.info({ policyFile: file.path, sha256: file.sha256 }, logTexts.policyLoaded)
  const reload = (): void => {
    if (!file) {
      log.info(logTexts.policyAbsent)
      return
    }
    const read = readPolicy(file.path)
    if (read.policy) {
      policy = read.policy
      auditLog.info({ policyFile: file.path, sha256: read.sha256 }, logTexts.policyLoaded)
    } else {
      auditLog.error({ policyFile: file.path, problems: read.problems }, logTexts.policyRefused)
    }
  }
  return { current: () => policy, reload }
}
