import { type Static, Type } from 'typebox'
import { Nullable } from '../http/nullable.ts'

const closed = { additionalProperties: false }

/** What has to agree between a client and its web session; the names are part of the contract. */
export const agreementRows = [
  'virtual_hosts',
  'reserved_context_root',
  'reserved_resources',
  'client_id',
  'credentials_type',
  'login_type',
  'scopes',
  'pkce',
  'pushed_authorization',
  'session_revocation',
  'single_logout',
  'identity_mappings',
] as const

/** What shows only on the live servers. */
const rowsOfLiveServers = ['redirect_uris', 'approval_page', 'issuer'] as const

/** Every row of a comparison of the live servers. */
export const liveRows = [...agreementRows, ...rowsOfLiveServers] as const

/**
 * How far a comparison came.
 * - `read`: both sides have been compared
 * - `no_web_session`: no web session of PingAccess has the client id
 * - `no_client`: PingFederate says itself that it has no such client
 * - `not_readable`: one of the two could not be read
 */
const liveStates = ['read', 'no_web_session', 'no_client', 'not_readable'] as const

const id = (description: string, example: number) => Type.Integer({ description, examples: [example] })

const UsingApplication = Type.Object(
  {
    id: id('Its id in PingAccess.', 7),
    name: Type.String({ description: '*Name*.', examples: ['shop'] }),
    contextRoot: Type.String({ description: '*Context Root*.', examples: ['/shop'] }),
  },
  { ...closed, description: 'An application of PingAccess that uses the web session.' },
)

const FoundWebSession = Type.Object(
  {
    id: id('Its id in PingAccess.', 3),
    name: Type.String({ description: '*Name*.', examples: ['pa_wam'] }),
    applications: Type.Array(UsingApplication, { description: 'The applications that use it.' }),
  },
  { ...closed, description: 'A web session of PingAccess that has the client id.' },
)

const ComparedRow = Type.Object(
  {
    row: Type.Enum(liveRows, {
      description:
        'What was compared; stable. `virtual_hosts`: a redirect URI for every virtual host of the application. `redirect_uris`: a virtual host for every redirect URI; no login fails by that. `reserved_context_root` and `reserved_resources`: where PingAccess answers the callback. `approval_page`: whether PingFederate asks for consent at every login. `issuer`: whether PingAccess’s token provider is this PingFederate. The others are as in `agreement`.',
    }),
    webSession: Nullable(
      id('The id of the web session.', 3),
      'The id of the web session in PingAccess that it is about; null for what is the same for all of them.',
    ),
    application: Nullable(
      id('The id of the application.', 7),
      'The id of the application in PingAccess that it is about; null for what is the same for all of them.',
    ),
    inPingFederate: Type.Unknown({
      description:
        'What PingFederate has, in the words of this service where it has one; null where it does not say.',
      examples: [['openid', 'profile']],
    }),
    inPingAccess: Type.Unknown({
      description: 'What PingAccess has; null where it does not say.',
      examples: [['openid', 'profile', 'email']],
    }),
    agrees: Nullable(
      Type.Boolean({ examples: [false] }),
      'Whether the two agree; null where that cannot be told, and `fix` says why.',
    ),
    fix: Nullable(
      Type.String({ examples: ['Take email off Scopes of the web session pa_wam (PUT /webSessions/3).'] }),
      'What to do and where, or what to look at; null where the two agree.',
    ),
  },
  { ...closed, description: 'One thing that was compared on the live servers.' },
)
export type ComparedRow = Static<typeof ComparedRow>

export const LiveAgreement = Type.Object(
  {
    state: Type.Enum(liveStates, {
      description:
        '`read`: both sides have been compared. `no_web_session`: no web session of PingAccess has the client id. `no_client`: PingFederate has no such client any more. `not_readable`: one of the two could not be read.',
    }),
    reason: Nullable(
      Type.String({ examples: ['pingaccess_timeout'] }),
      'Why it could not be read, by the code of a problem; null unless the state is `not_readable`.',
    ),
    webSessions: Type.Array(FoundWebSession, {
      description: 'Every web session with the client id, whatever its name.',
    }),
    agreement: Type.Array(ComparedRow, {
      description: 'What was compared: for the installation, for each web session and each application.',
    }),
  },
  {
    ...closed,
    $id: 'LiveAgreement',
    description:
      'Whether a client in PingFederate and its web sessions in PingAccess agree, as both have it now.',
  },
)
export type LiveAgreement = Static<typeof LiveAgreement>

export const Live = Nullable(
  Type.Unsafe<LiveAgreement>(Type.Ref('LiveAgreement')),
  'Whether both sides agree on the live servers, PingFederate’s client with the web sessions of PingAccess that have its client id; null where no PingAccess is configured. A server that cannot be read is told in it and never fails the request.',
)
