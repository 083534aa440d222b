import { asPingAccessFailure, PingAccessFailure } from '../pingaccess/failure.ts'
import type { PingAccessReads } from '../pingaccess/ping-access.ts'
import { checkVersion, pingAccessVersions } from './check-version.ts'
import { sortFailures } from './sort-failures.ts'
import type { Checked, Found } from './warning-schema.ts'

type Expected = {
  /** PINGACCESS_CALLBACK_PATH. */
  callbackPath: string
  /** PingFederate's as its runtime nodes name it; undefined where that is not known. */
  issuer: string | undefined
}

/** Version, rights, and what is set once for all web sessions; reads only. */
export const checkPingAccess = async (pingAccess: PingAccessReads, expected: Expected): Promise<Checked> => {
  const [version, reserved, tokenProvider, ...lists] = await Promise.all([
    pingAccess.getVersion().catch(asPingAccessFailure),
    pingAccess.getReservedContextRoot().catch(asPingAccessFailure),
    pingAccess.getTokenProvider().catch(asPingAccessFailure),
    pingAccess.listWebSessions().catch(asPingAccessFailure),
    pingAccess.listApplications().catch(asPingAccessFailure),
    pingAccess.listVirtualHosts().catch(asPingAccessFailure),
  ])
  const answers = [version, reserved, tokenProvider, ...lists]
  const { found, unread } = sortFailures(
    'PingAccess',
    answers.flatMap((error, index) =>
      error instanceof PingAccessFailure ? [{ path: paths[index] ?? '', error }] : [],
    ),
  )
  return {
    found: {
      ...found,
      ...(version instanceof PingAccessFailure ? {} : checkVersion(toNumbers(version), pingAccessVersions)),
      ...(reserved instanceof PingAccessFailure ? {} : checkReserved(reserved, expected)),
      ...(tokenProvider instanceof PingAccessFailure
        ? {}
        : checkTokenProvider(tokenProvider.issuer, expected)),
    },
    unread,
  }
}

/** In the order in which they are read. */
const paths = [
  '/version',
  '/applications/reserved',
  '/pingfederate/runtime',
  '/webSessions',
  '/applications',
  '/virtualhosts',
]

const toNumbers = (version: string): number[] => version.split('.').map(Number)

const checkReserved = (reserved: string, { callbackPath }: Expected): Found => ({
  reserved_context_root_differs: reserved === `/${callbackPath.split('/')[1]}` ? null : reservedDiffers,
})

const reservedDiffers = {
  code: 'reserved_context_root_differs',
  detail:
    'PingAccess keeps another context root for itself than the first segment of PINGACCESS_CALLBACK_PATH, so it does not answer at the redirect URIs of new clients.',
  fix: 'Set PINGACCESS_CALLBACK_PATH to what GET /applications/reserved of PingAccess has as contextRoot, and /oidc/cb; or set that in PingAccess.',
  fixedBy: 'operator',
} as const

const checkTokenProvider = (set: string | null, { issuer }: Expected): Found => {
  if (set === null) return { token_provider_not_set: notSet, token_provider_differs: null }
  return {
    token_provider_not_set: null,
    ...(issuer !== undefined && {
      token_provider_differs: toIssuer(set) === toIssuer(issuer) ? null : tokenProviderDiffers,
    }),
  }
}

/** PingAccess finds the same discovery document with a slash at the end (OpenID Connect Discovery 1.0 section 4.1). */
const toIssuer = (url: string): string => url.replace(/\/$/, '')

const notSet = {
  code: 'token_provider_not_set',
  detail: 'PingAccess has no token provider, so no web session can log anybody in.',
  fix: 'Set it under Settings, System, Token Provider, PingFederate, Runtime; GET /token-provider of this service has issuer, certificate and steps.',
  fixedBy: 'pingaccess_administrator',
} as const

const tokenProviderDiffers = {
  code: 'token_provider_differs',
  detail:
    'PingAccess has another token provider than the PingFederate in which this service makes clients, so it does not know them and logins fail.',
  fix: 'Set the issuer that GET /token-provider of this service names under Settings, System, Token Provider, PingFederate, Runtime; or correct PINGFEDERATE_RUNTIME_URLS or PINGACCESS_ADMIN_URL.',
  fixedBy: 'pingaccess_administrator',
} as const
