import type { PingFederateConfig } from '../pingfederate/config.ts'
import { type FailureKind, PingFederateFailure } from '../pingfederate/failure.ts'
import { findErrorCode } from './error-code.ts'
import type { Explanation } from './watch-turns.ts'

/** What failed, by the setting that has its address, and what it has to be. */
type Place = { setting: string; what: string; where: string }

const toPlace = (
  { isOfTokenEndpoint }: PingFederateFailure,
  { adminUrl, credentials }: Pick<PingFederateConfig, 'adminUrl' | 'credentials'>,
): Place =>
  isOfTokenEndpoint && credentials.kind === 'oauth'
    ? {
        setting: `PINGFEDERATE_ADMIN_TOKEN_URL (${credentials.tokenUrl})`,
        what: 'a token endpoint',
        where:
          'that of the issuer of this service’s tokens, by default /as/token.oauth2 of an engine on port 9031',
      }
    : {
        setting: `PINGFEDERATE_ADMIN_URL (${adminUrl})`,
        what: 'PingFederate’s administrative API',
        where: 'the administrative node, by default port 9999, not an engine or a proxy’s page',
      }

const fixes: Partial<Record<FailureKind, (place: Place) => string>> = {
  unreachable: ({ setting, where }) =>
    `Check host and port of ${setting}, which has to be ${where}, and that it can be reached from here; proxy variables are not honoured.`,
  timeout: ({ setting }) =>
    `Check host and port of ${setting}, and the network on the way; PINGFEDERATE_TIMEOUT_MS is how long it has.`,
  tls: ({ setting }) =>
    `Set PINGFEDERATE_CA_FILE to the CA of the certificate at ${setting}, and use a host name that the certificate has.`,
  credentials: () =>
    'Check the account: PINGFEDERATE_ADMIN_USERNAME and its password, the OAuth client, or the client certificate.',
  forbidden: () =>
    'Give the account the role Admin in PingFederate, and see to it that a licence is accepted there.',
  unexpected: ({ setting, what, where }) =>
    `Something else than ${what} answers at ${setting}: it has to be ${where}.`,
}

/** Why PingFederate does not answer as its administrative API does; undefined for any other error. */
export const explainPingFederate = (
  error: unknown,
  config: Pick<PingFederateConfig, 'adminUrl' | 'credentials'>,
): Explanation | undefined => {
  if (!(error instanceof PingFederateFailure)) return undefined
  const { kind, status, resultId, reason } = error
  const code = findErrorCode(error)
  // Not its message, which may be another one each time; then each would be a line of its own.
  const details = [status, code === kind ? undefined : code, resultId ?? reason].filter(
    each => each !== undefined,
  )
  return {
    reason: details.length === 0 ? kind : `${kind} (${details.join(', ')})`,
    fix: fixes[kind]?.(toPlace(error, config)) ?? 'Look into PingFederate’s log.',
  }
}
