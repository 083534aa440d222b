import fc from 'fast-check'
import { type ClientSettings, logoutModes } from '../../src/pingfederate/client-settings.ts'
import type { Json } from '../../src/pingfederate/json.ts'

/** What a client can be set to. */
export const settings: fc.Arbitrary<Partial<ClientSettings>> = fc.record({
  enabled: fc.boolean(),
  description: fc.option(fc.constantFrom('Shop', 'Payments portal')),
  redirectUris: fc.uniqueArray(fc.webUrl(), { minLength: 1, maxLength: 4 }),
  grantTypes: fc.constantFrom(['authorization_code'], ['authorization_code', 'refresh_token']),
  scopes: fc.option(fc.uniqueArray(fc.constantFrom('openid', 'profile', 'email'), { minLength: 1 })),
  requirePkce: fc.boolean(),
  logout: fc.constantFrom(...logoutModes),
  oidcPolicy: fc.option(fc.constant('default')),
  accessTokenManager: fc.option(fc.constant('jwt')),
} as { [Name in keyof ClientSettings]?: fc.Arbitrary<ClientSettings[Name]> })

/** What a server fills in by itself around what was sent, in the ways that directories and newer versions do. */
export const filled = fc.record({
  lists: fc.constantFrom<unknown>([], null, undefined),
  link: fc.constantFrom<unknown>({}, null, undefined),
  unit: fc.constantFrom<unknown>('', null, 'SERVER_DEFAULT'),
  isShuffled: fc.boolean(),
})

/** The client as it is read back. */
export const fill = (body: Json, { lists, link, unit, isShuffled }: Record<string, unknown>): Json => {
  const { oidcPolicy, restrictedScopes, restrictScopes, ...others } = body as Record<string, unknown>
  const all: Record<string, unknown> = {
    enabled: true,
    requireProofKeyForCodeExchange: false,
    defaultAccessTokenManagerRef: link,
    exclusiveScopes: lists,
    refreshRolling: unit,
    persistentGrantExpirationTimeUnit: unit,
    restrictScopes: restrictScopes ?? false,
    restrictedScopes: restrictedScopes ?? lists,
    modificationDate: '2026-01-01T00:00:00.000Z',
    ...others,
    oidcPolicy: { policyGroup: link, logoutUris: lists, ...(oidcPolicy as object | undefined) },
  }
  if (!isShuffled) return all
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, Array.isArray(value) ? value.toReversed() : value]),
  )
}

/** What somebody sets in the console of the manual's client: the pointer to the field, its value before, and after. */
export const changed: [Json, string, unknown, unknown][] = [
  [{ name: 'Other' }, '/name', 'PingAccessWebAccessManagement', 'Other'],
  [{ enabled: false }, '/enabled', true, false],
  [
    { redirectUris: ['https://evil.example/cb'] },
    '/redirectUris',
    ['https://mypingaccessserver:3000/pa/oidc/cb'],
    ['https://evil.example/cb'],
  ],
  [{ bypassApprovalPage: false }, '/bypassAuthorizationApproval', true, false],
  [
    { grantTypes: ['IMPLICIT', 'AUTHORIZATION_CODE'] },
    '/grantTypes',
    ['authorization_code'],
    ['implicit', 'authorization_code'],
  ],
  [{ restrictScopes: true, restrictedScopes: ['x'] }, '/scopes', null, ['x']],
  [{ requireProofKeyForCodeExchange: true }, '/requirePkce', false, true],
  [{ defaultAccessTokenManagerRef: { id: 'other' } }, '/accessTokenManager', null, 'other'],
  [{ oidcPolicy: { policyGroup: { id: 'other' } } }, '/oidcPolicy', null, 'other'],
  [{ oidcPolicy: { logoutMode: 'OIDC_BACK_CHANNEL' } }, '/logout', 'none', 'oidc_back_channel'],
]
