import { type FailureKind, PingFederateFailure } from '../pingfederate/failure.ts'
import { findErrorCode } from './error-code.ts'
import type { Explanation } from './watch-turns.ts'

const address = (url: string): string => `PINGFEDERATE_ADMIN_URL (${url})`

const fixes: Partial<Record<FailureKind, (url: string) => string>> = {
  unreachable: url =>
    `Check host and port of ${address(url)}, by default 9999 of the administrative node, and that it can be reached from here; proxy variables are not honoured.`,
  timeout: url =>
    `Check host and port of ${address(url)}, and the network on the way; PINGFEDERATE_TIMEOUT_MS is how long it has.`,
  tls: () =>
    'Set PINGFEDERATE_CA_FILE to the CA of PingFederate’s certificate, and use a host name that the certificate has.',
  credentials: () =>
    'Check the account: PINGFEDERATE_ADMIN_USERNAME and its password, the OAuth client, or the client certificate.',
  forbidden: () =>
    'Give the account the role Admin in PingFederate, and see to it that a licence is accepted there.',
  unexpected: url =>
    `Something else than PingFederate’s administrative API answers at ${address(url)}: it has to be the administrative node, by default port 9999, not an engine or a proxy’s page.`,
}

/** Why PingFederate does not answer as its administrative API does; undefined for any other error. */
export const explainPingFederate = (error: unknown, adminUrl: string): Explanation | undefined => {
  if (!(error instanceof PingFederateFailure)) return undefined
  const { kind, status, reason } = error
  const code = findErrorCode(error)
  const details = [status, code === kind ? undefined : code, reason].filter(each => each !== undefined)
  return {
    reason: details.length === 0 ? kind : `${kind} (${details.join(', ')})`,
    fix: fixes[kind]?.(adminUrl) ?? 'Look into PingFederate’s log.',
  }
}
