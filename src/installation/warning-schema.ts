import { type Static, Type } from 'typebox'

/** What can be wrong with an installation; those that a dry run has as well mean the same there. */
export const warningCodes = [
  'pingfederate_version_old',
  'pingfederate_version_new',
  'pingfederate_rights_missing',
  'no_default_access_token_manager',
  'no_default_oidc_policy',
  'scopes_unknown',
  'sessions_not_tracked',
  'runtime_nodes_unreadable',
  'issuers_differ',
  'pingaccess_version_old',
  'pingaccess_version_new',
  'pingaccess_rights_missing',
  'token_provider_not_set',
  'token_provider_differs',
  'reserved_context_root_differs',
  'preflight_incomplete',
] as const
export type WarningCode = (typeof warningCodes)[number]

/** Everybody may read it, so no text has an address, an id or a name of the installation. */
export const InstallationWarning = Type.Object(
  {
    code: Type.Enum(warningCodes, {
      description: 'Stable, machine-readable name of the warning; those that a dry run has mean the same.',
    }),
    detail: Type.String({
      description: 'What is wrong, and what comes of it.',
      examples: [
        'PingFederate has no default OpenID Connect policy, so it cannot issue the id token of a login.',
      ],
    }),
    fix: Type.String({
      description: 'What to change.',
      examples: ['Set a default under Applications, OAuth, OpenID Connect Policy Management.'],
    }),
    fixedBy: Type.Enum(['pingfederate_administrator', 'pingaccess_administrator', 'operator'], {
      description:
        'Who can change that: an administrator of PingFederate or PingAccess, or the operator of this service.',
    }),
  },
  {
    additionalProperties: false,
    description: 'What is wrong with the installation although this service is ready.',
  },
)
export type InstallationWarning = Static<typeof InstallationWarning>

/**
 * What one look has found. A code has its warning, or null where that is all right; what could not be seen is missing, so
 * that what was known of it before stays.
 */
export type Found = Partial<Record<WarningCode, InstallationWarning | null>>

/** A part of a look, and the calls that were answered nothing that could be used. */
export type Checked = { found: Found; unread: string[] }
