import type { NewClient } from '../pingfederate/client-settings.ts'
import { createSlots } from '../pingfederate/slots.ts'
import { type AgreementDependencies, checkAgreement, toUnreadable } from './check-agreement.ts'
import type { LiveAgreement } from './live-agreement-schema.ts'

export type LiveDependencies = Omit<AgreementDependencies, 'pingAccess' | 'log'> & {
  /** undefined where none is configured: then nobody is asked. */
  pingAccess: AgreementDependencies['pingAccess'] | undefined
}

/** Each has whole lists of PingAccess in memory. */
const checksAtOnce = 4
/** Others wait for the time in which a check is usually over. */
const waitingChecks = 16
const waitMs = 2_000

export type FindLive = (
  client: Pick<NewClient, 'clientId' | 'team' | 'settings'>,
  log: AgreementDependencies['log'],
) => Promise<LiveAgreement | null>

/** Compares a client with its web sessions, a few at the same time; null where no PingAccess is configured. */
export const createFindLive = ({ pingAccess, ...others }: LiveDependencies): FindLive => {
  const slots = createSlots(checksAtOnce, waitingChecks, waitMs)
  return async (client, log) => {
    if (!pingAccess) return null
    const check = () => checkAgreement(client, { ...others, pingAccess, log })
    return slots.take(check).catch(error => toUnreadable(error, log))
  }
}
