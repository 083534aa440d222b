import { isAtLeast } from '../pingfederate/is-at-least.ts'
import type { Found, WarningCode } from './warning-schema.ts'

/** Of a product: the versions that this service was made for, each as major and minor number. */
type Known = {
  product: string
  oldest: readonly [number, number]
  newest: readonly [number, number]
  codes: Readonly<Record<'old' | 'new', WarningCode>>
  fixedBy: 'pingfederate_administrator' | 'pingaccess_administrator'
}

export const pingFederateVersions: Known = {
  product: 'PingFederate',
  oldest: [11, 3],
  newest: [13, 1],
  codes: { old: 'pingfederate_version_old', new: 'pingfederate_version_new' },
  fixedBy: 'pingfederate_administrator',
}

export const pingAccessVersions: Known = {
  product: 'PingAccess',
  oldest: [7, 3],
  newest: [7, 3],
  codes: { old: 'pingaccess_version_old', new: 'pingaccess_version_new' },
  fixedBy: 'pingaccess_administrator',
}

/** The version itself is not told: it is in the log. */
export const checkVersion = (
  version: readonly number[],
  { product, oldest, newest, codes, fixedBy }: Known,
): Found => {
  const [major, minor] = newest
  return {
    [codes.old]: isAtLeast(version, oldest)
      ? null
      : {
          code: codes.old,
          detail: `${product} is older than ${oldest.join('.')}, the oldest version that this service knows; what it sends or expects may not be there.`,
          fix: `Upgrade ${product}, then restart this service.`,
          fixedBy,
        },
    [codes.new]: isAtLeast(version, [major, minor + 1])
      ? {
          code: codes.new,
          detail: `${product} is newer than ${newest.join('.')}, the newest version that this service was tested with.`,
          fix: 'Try a create and a login on a test installation, and see whether there is a newer version of this service.',
          fixedBy: 'operator',
        }
      : null,
  }
}
