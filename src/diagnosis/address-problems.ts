import type { SettingProblem } from '../files/secret-files.ts'
import { isUpstreamUrl } from '../upstream-url.ts'

/** Ends of addresses that people copy from a browser or a manual, and that the service adds by itself. */
const surplus: { name: string; end: RegExp; why: string }[] = [
  {
    name: 'PINGFEDERATE_ADMIN_URL',
    end: /\/(pf-admin-api(\/v\d+)?|pf-admin-api(\/v\d+)?\/api-docs|pingfederate\/app)\/*$/i,
    why: 'must be the base URL alone: /pf-admin-api/v1 is added to it',
  },
  {
    name: 'PINGACCESS_ADMIN_URL',
    end: /\/pa-admin-api(\/v\d+)?(\/api-docs)?\/*$/i,
    why: 'must be the base URL alone: /pa-admin-api/v3 is added to it',
  },
  {
    name: 'JWT_ISSUER',
    end: /\/\.well-known\/(openid-configuration|oauth-authorization-server)\/*$/,
    why: 'must be the issuer alone: /.well-known/openid-configuration is added to it',
  },
]

/** Addresses that end in what the service adds, each with the address as it should be. */
export const findAddressProblems = (values: Readonly<Record<string, string>>): SettingProblem[] =>
  surplus.flatMap(({ name, end, why }) => {
    const value = values[name] ?? ''
    return isUpstreamUrl(value) && end.test(value)
      ? [{ name, why, fix: `${name}=${value.replace(end, '')}` }]
      : []
  })
