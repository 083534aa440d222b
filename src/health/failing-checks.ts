import { IssuerUnavailable } from '../authentication/issuer-keys.ts'
import { DatabaseUnavailable } from '../database/unavailable.ts'
import { findErrorCode, isOfTls } from '../diagnosis/error-code.ts'

/*
 * Anybody may ask for readiness, so a failing check has one of these names and nothing of the error: addresses and names
 * stand in the log. docs/operations.md explains them in the same words.
 */

/** Why the check of the database fails. */
export const databaseReasons = {
  unreachable: 'No connection can be had, or it broke.',
  refused: 'The account is refused, or there is no such database.',
  exhausted: 'Its connections, its memory or its disk are used up.',
  failed: 'Anything else.',
} as const

/** Why the check of the issuer fails. */
export const issuerReasons = {
  unreachable: 'No connection can be made, or it broke.',
  tls: 'The certificate is not trusted, or is another host’s.',
  timeout: 'No whole answer came in time.',
  another_issuer: 'The discovery document is of another issuer than `JWT_ISSUER`.',
  unusable_answer: 'Another status than 200 came, or no document or key set that can be used.',
} as const

/** SQLSTATEs (PostgreSQL appendix A): authorisation, and a database that is not there. */
const refused = /^28...$|^3D000$/
/** Resources. */
const exhausted = /^53...$/

/** Names why the database does not answer. */
export const toDatabaseReason = (error: unknown): keyof typeof databaseReasons => {
  const code = findErrorCode(error) ?? ''
  if (refused.test(code)) return 'refused'
  if (exhausted.test(code)) return 'exhausted'
  return error instanceof DatabaseUnavailable ? 'unreachable' : 'failed'
}

/** Names why the issuer's keys cannot be had. */
export const toIssuerReason = (error: unknown): keyof typeof issuerReasons => {
  if (isOfTls(findErrorCode(error))) return 'tls'
  return error instanceof IssuerUnavailable ? error.kind : 'unusable_answer'
}
