import type { AuthenticationConfig } from '../authentication/access-token.ts'
import { IssuerUnavailable } from '../authentication/issuer-keys.ts'
import { findErrorCode, isOfTls } from './error-code.ts'
import type { Explanation } from './watch-turns.ts'

/** Why the issuer's keys cannot be had; undefined where they were, and only none of them fits. */
export const explainIssuer = (
  error: unknown,
  { issuer, jwksUrl }: Pick<AuthenticationConfig, 'issuer' | 'jwksUrl'>,
): Explanation | undefined => {
  if (!(error instanceof IssuerUnavailable)) return undefined
  const code = findErrorCode(error)
  return {
    reason: code === undefined ? error.message : `${error.message} (${code})`,
    fix: toFix(error, code, { issuer, jwksUrl }),
  }
}

const toFix = (
  { kind, publishedIssuer }: IssuerUnavailable,
  code: string | undefined,
  { issuer, jwksUrl }: Pick<AuthenticationConfig, 'issuer' | 'jwksUrl'>,
): string => {
  if (publishedIssuer !== undefined)
    return `The document names ${publishedIssuer}. If that is the issuer of your access tokens, set JWT_ISSUER=${publishedIssuer}; it is compared character by character, a slash at the end too.`
  if (isOfTls(code))
    return 'Have the certificate of the issuer renewed, or set PINGFEDERATE_CA_FILE to the private CA that issued it.'
  const settings =
    jwksUrl === undefined ? `JWT_ISSUER (${issuer})` : `JWT_ISSUER (${issuer}) and JWT_JWKS_URL (${jwksUrl})`
  if (kind !== 'unreachable' && kind !== 'timeout')
    return `Check ${settings}: the discovery document has to be at /.well-known/openid-configuration below the issuer, or set JWT_JWKS_URL to its key set.`
  return `Check that ${settings} can be reached from here; proxy variables are not honoured.`
}
