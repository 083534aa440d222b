import { PingAccessFailure } from '../pingaccess/failure.ts'
import { PingFederateFailure } from '../pingfederate/failure.ts'
import type { Found, InstallationWarning } from './warning-schema.ts'

/** A call that failed, such as `/version`. */
export type FailedRead = { path: string; error: unknown }

type Rights = Omit<InstallationWarning, 'detail'> & {
  code: 'pingfederate_rights_missing' | 'pingaccess_rights_missing'
  product: 'PingFederate' | 'PingAccess'
}

const pingFederateRights: Rights = {
  product: 'PingFederate',
  code: 'pingfederate_rights_missing',
  fix: 'Give the account the role Admin in PingFederate, and see to it that a licence is accepted there.',
  fixedBy: 'pingfederate_administrator',
}

const pingAccessRights: Rights = {
  product: 'PingAccess',
  code: 'pingaccess_rights_missing',
  fix: 'Give the account of PINGACCESS_USERNAME a role in PingAccess that may read these.',
  fixedBy: 'pingaccess_administrator',
}

/** Tells calls that the account may not make from those that failed for another reason. */
export const sortFailures = (
  of: 'PingFederate' | 'PingAccess',
  failures: readonly FailedRead[],
): { found: Found; unread: string[] } => {
  const { product, ...rights } = of === 'PingFederate' ? pingFederateRights : pingAccessRights
  const { forbidden = [], failed = [] } = Object.groupBy(failures, ({ error }) =>
    isForbidden(error) ? 'forbidden' : 'failed',
  )
  const detail = `${product} does not let this service’s account read ${forbidden.map(({ path }) => path).join(', ')}.`
  const warning = forbidden.length > 0 ? { ...rights, detail } : null
  return {
    // Nobody knows of what was not answered whether it is forbidden.
    found: warning || failed.length === 0 ? { [rights.code]: warning } : {},
    unread: failed.map(({ path, error }) => `${path} of ${product} (${kindOf(error)})`),
  }
}

type Failure = PingFederateFailure | PingAccessFailure

const isFailure = (error: unknown): error is Failure =>
  error instanceof PingFederateFailure || error instanceof PingAccessFailure

/** In its own words or none: a proxy's page says nothing of the account. */
const isForbidden = (error: unknown): boolean =>
  isFailure(error) && error.status === 403 && error.speaker !== 'another'

const kindOf = (error: unknown): string => (isFailure(error) ? error.kind : 'unexpected')
